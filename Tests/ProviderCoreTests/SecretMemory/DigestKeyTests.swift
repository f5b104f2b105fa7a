import SecretMemory
import Testing

@Suite("A digest as a key")
struct DigestKeyTests {
    private func key(_ bytes: [UInt8]) -> DigestKey { bytes.withUnsafeBytes { DigestKey($0) } }

    @Test("each of its bytes counts")
    func bytes() {
        let bytes = [UInt8](1...32)
        #expect(key(bytes) == key(bytes))
        var keys: Set = [key(bytes)]
        for index in bytes.indices {
            var other = bytes
            other[index] ^= 0x80
            #expect(keys.insert(key(other)).inserted)
        }
        #expect(keys.count == 33)
        #expect(key([UInt8](repeating: 0, count: 32)) == .zero)
        #expect(!keys.contains(.zero))
    }

    @Test("it is copied from any place in memory")
    func alignment() {
        let bytes = [UInt8](0...40)
        let key = bytes.withUnsafeBytes { DigestKey(UnsafeRawBufferPointer(rebasing: $0[3..<35])) }
        #expect(key == self.key([UInt8](3..<35)))
    }
}
