import TestSupport
import Testing

@testable import KeyMaterial
@testable import SecretMemory

@Suite("DERElement")
struct DERTests {
    private static func parse(_ bytes: [UInt8]) throws -> DERElement { try DERElement.parse(SecretBytes(bytes)) }

    @Test("Short, long and indefinite lengths are read")
    func lengths() throws {
        #expect(try Self.parse([0x04, 0x02, 1, 2]).content.bytes() == [1, 2])
        #expect(try Self.parse([0x04, 0x81, 0x02, 1, 2]).content.bytes() == [1, 2])
        #expect(try Self.parse([0x04, 0x84, 0, 0, 0, 2, 1, 2]).content.bytes() == [1, 2])
        let indefinite = try Self.parse([0x30, 0x80, 0x30, 0x80, 0x02, 0x01, 0x05, 0, 0, 0x05, 0x00, 0, 0])
        #expect(try indefinite.children().map(\.tag) == [0x30, 0x05])
        #expect(indefinite.encoding.count == 13)
    }

    @Test(
        "Lengths are written in their shortest form",
        arguments: [
            (0, [0x00]), (1, [0x01]), (0x7F, [0x7F]), (0x80, [0x81, 0x80]), (0xFF, [0x81, 0xFF]),
            (0x100, [0x82, 0x01, 0x00]), (0xFFFF, [0x82, 0xFF, 0xFF]), (0x10000, [0x83, 0x01, 0x00, 0x00]),
        ] as [(Int, [UInt8])])
    func writtenLengths(count: Int, length: [UInt8]) throws {
        let content = [UInt8](repeating: 7, count: count)
        let written = DERWriter.octetString(SecretBytes(content))
        #expect(written.exposedBytes == [0x04] + length + content)
        #expect(try DERElement.parse(written).content.bytes() == content)
    }

    @Test(
        "Malformed data is refused",
        arguments: [
            ([], "cut off"), ([0x30], "cut off"), ([0x30, 0x01], "cut off"), ([0x30, 0x00, 0x00], "trailing data"),
            ([0x1F, 0x01, 0x00], "multi-byte tag"), ([0x30, 0x85, 0, 0, 0, 0, 0], "bad length"),
            ([0x30, 0x82, 0x01], "bad length"), ([0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF], "cut off"),
            ([0x04, 0x80, 0x00, 0x00], "indefinite length of a primitive"), ([0x30, 0x80, 0x05, 0x00], "cut off"),
            ([0x30, 0xFF], "bad length"),
        ] as [([UInt8], String)])
    func malformed(bytes: [UInt8], reason: String) {
        #expect(throws: DERError(reason)) { try Self.parse(bytes) }
    }

    @Test("The nesting depth is limited, with definite and indefinite lengths")
    func nesting() throws {
        #expect(throws: DERError("nested too deeply")) {
            try Self.parse([[UInt8]](repeating: [0x30, 0x80], count: 100_000).flatMap { $0 })
        }
        var nested: [UInt8] = [0x04, 0x01, 0x61]
        for _ in 0..<40 { nested = [0x24, UInt8(nested.count)] + nested }
        #expect(throws: DERError("octet string nested too deeply")) { try Self.parse(nested).octets() }
    }

    @Test("An octet string may consist of pieces")
    func octets() throws {
        #expect(try Self.parse([0x04, 0x02, 1, 2]).octets().exposedBytes == [1, 2])
        #expect(try Self.parse([0x24, 0x07, 0x04, 0x01, 1, 0x04, 0x02, 2, 3]).octets().exposedBytes == [1, 2, 3])
        #expect(try Self.parse([0x80, 0x01, 7]).octets().exposedBytes == [7])
        #expect(try Self.parse([0xA0, 0x80, 0x04, 0x01, 7, 0, 0]).octets().exposedBytes == [7])
        #expect(throws: DERError("octet string expected")) { try Self.parse([0x02, 0x01, 1]).octets() }
        #expect(throws: DERError("octet string expected")) { try Self.parse([0x24, 0x03, 0x02, 0x01, 1]).octets() }
    }

    @Test(
        "Object identifiers are read and written",
        arguments: ["1.2.840.113549.1.1.1", "2.5.29.14", "1.3.132.0.10", "2.16.840.1.101.3.4.1.42"] as [StaticString])
    func objectIdentifiers(dotted: StaticString) throws {
        #expect(
            try DERElement.parse(DERWriter.objectIdentifier(dotted)).objectIdentifier() == dotted.description)
    }

    @Test("An invalid object identifier is refused")
    func badObjectIdentifiers() throws {
        #expect(throws: DERError.self) { try Self.parse([0x06, 0x00]).objectIdentifier() }
        #expect(throws: DERError.self) { try Self.parse([0x06, 0x02, 0x2A, 0x86]).objectIdentifier() }
        #expect(throws: DERError.self) { try Self.parse([0x02, 0x01, 0x2A]).objectIdentifier() }
        #expect(throws: DERError.self) {
            try Self.parse([0x06, 0x0B] + [UInt8](repeating: 0xFF, count: 10) + [0x7F]).objectIdentifier()
        }
    }

    @Test("Small integers are read, and negative and large ones are refused")
    func integers() throws {
        #expect(try Self.parse([0x02, 0x01, 0x03]).integer() == 3)
        #expect(try Self.parse([0x02, 0x03, 0x00, 0xFF, 0xFF]).integer() == 65535)
        for bytes in [[0x02, 0x00], [0x02, 0x01, 0x80], [0x02, 0x06, 0, 0, 0, 0, 0, 1], [0x04, 0x01, 1]] as [[UInt8]] {
            #expect(throws: DERError.self) { try Self.parse(bytes).integer() }
        }
    }

    @Test("Integers are written in the shortest positive form")
    func writtenIntegers() {
        for (magnitude, expected) in [
            ([], [0x02, 0x01, 0]), ([0], [0x02, 0x01, 0]), ([0, 0, 5], [0x02, 0x01, 5]), ([0x7F], [0x02, 0x01, 0x7F]),
            ([0x80], [0x02, 0x02, 0, 0x80]), ([0x00, 0x80, 1], [0x02, 0x03, 0, 0x80, 1]),
        ] as [([UInt8], [UInt8])] {
            #expect(DERWriter.integer(magnitude).exposedBytes == expected)
        }
    }

    @Test("Written lengths are read as the same lengths", arguments: [0, 1, 127, 128, 255, 256, 65535, 65536])
    func writtenLengths(count: Int) throws {
        let written = DERWriter.octetString(SecretBytes([UInt8](repeating: 7, count: count)))
        #expect(try DERElement.parse(written).content.count == count)
        #expect(written.count == count + (count < 128 ? 2 : count < 256 ? 3 : count < 65536 ? 4 : 5))
    }

    @Test("No mutation of a document traps")
    func mutations() throws {
        let valid = try TestKeys.der(TestKeys.shared.get().intermediate)
        func walk(_ element: DERElement, _ depth: Int) throws(DERError) {
            do throws(DERError) { _ = try element.objectIdentifier() } catch {}
            do throws(DERError) { _ = try element.integer() } catch {}
            do throws(DERError) { _ = try element.octets() } catch {}
            guard element.tag & 0x20 != 0, depth < 40 else { return }
            for child in try element.children() { try walk(child, depth + 1) }
        }
        var random = SeededRandom(seed: 5)
        var refused = 0
        for _ in 0..<2000 {
            do throws(DERError) {
                let bytes = SecretBytes(random.mutation(of: valid))
                _ = try CertificateChain.ordered([bytes])
                try walk(try DERElement.parse(bytes), 0)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 0)
    }
}
