internal import AsyncSupport

/// Creates IDs by which the support of a service can find a request.
enum RequestID {
    /// Returns a random (version 4) UUID in lower case.
    static func make() -> String {
        var numbers = PseudoRandom()
        // The version is the first digit of the third group, the variant begins the fourth (RFC 9562).
        let digits: StaticString = "0123456789abcdef"
        let high = numbers.next() & ~0xF000 | 0x4000
        let low = numbers.next() & ~(3 << 62) | 2 << 62
        return String(unsafeUninitializedCapacity: 36) { text in
            var end = 0
            for digit in 0..<32 {
                if digit == 8 || digit == 12 || digit == 16 || digit == 20 {
                    text[end] = UInt8(ascii: "-")
                    end += 1
                }
                let half = digit < 16 ? high : low
                text[end] = digits.utf8Start[Int(half >> (60 - 4 * (digit % 16)) & 0xF)]
                end += 1
            }
            return end
        }
    }
}
