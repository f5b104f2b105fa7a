import Testing

@testable import Documents
@testable import ProviderCore
@testable import SecretMemory

@Suite("SecretBytes")
struct SecretBytesTests {
    private static let marker = "hunter2-marker"

    private struct Holder {
        var name = "holder"
        var secret: SecretBytes
    }

    private enum Choice {
        case some(SecretBytes, label: String)
    }

    @Test("Descriptions never show the content")
    func noRendering() {
        for text in renderings(of: SecretBytes(Self.marker)) {
            #expect(!text.contains(Self.marker))
            #expect(text.contains("<redacted>"))
        }
    }

    @Test("The description of a value that contains secret bytes does not show them")
    func noRenderingInside() {
        let secret = SecretBytes(Self.marker)
        let optional: SecretBytes? = secret
        let all =
            renderings(of: optional as Any) + renderings(of: [secret]) + renderings(of: ["key": secret])
            + renderings(of: Holder(secret: secret)) + renderings(of: Choice.some(secret, label: "x"))
            + renderings(of: (1, secret))
        for text in all {
            #expect(!text.contains(Self.marker))
            // Nor as numbers: the marker begins with 104, 117, 110. An address may contain these digits.
            #expect(!text.replacing(/0x[0-9a-f]+/, with: "").contains("117"))
        }
    }

    @Test("Descriptions of a JSON document and of a mount request do not show their content")
    func noRenderingOfRequests() throws {
        let json = try JSONParser.parse(SecretBytes(#"{"password":"\#(Self.marker)","list":["\#(Self.marker)"]}"#))
        let request = try MountRequest(
            attributes: SecretBytes(#"{"a":"\#(Self.marker)"}"#), secrets: SecretBytes(#"{"b":"\#(Self.marker)"}"#),
            permission: "420", targetPath: "/t")
        for text in renderings(of: json) + renderings(of: request) {
            #expect(!text.contains(Self.marker))
        }
    }

    @Test("The content is unchanged after storing and reading", arguments: [0, 1, 15, 16, 17, 64, 1000, 70_000])
    func roundTrip(count: Int) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31) }
        let secret = SecretBytes(bytes)
        #expect(secret.count == count)
        #expect(secret.isEmpty == (count == 0))
        #expect(secret.exposedBytes == bytes)
        #expect(bytes.withUnsafeBytes { SecretBytes(copying: $0) }.exposedBytes == bytes)
    }

    @Test("A builder grows by single bytes, by buffers and by sequences")
    func builder() {
        var builder = SecretBytesBuilder(capacity: 0)
        var expected: [UInt8] = []
        for round in 0..<200 {
            let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round)
            builder.append(UInt8(truncatingIfNeeded: round))
            piece.withUnsafeBytes { builder.append($0) }
            builder.append(contentsOf: piece)
            builder.append("static")
            expected += [UInt8(truncatingIfNeeded: round)] + piece + piece + Array("static".utf8)
        }
        let count = builder.count
        #expect(count == expected.count)
        let finished = builder.finish()
        #expect(finished.exposedBytes == expected)
    }

    @Test("Finishing moves the content out and leaves the builder empty")
    func finish() {
        var builder = SecretBytesBuilder()
        builder.append("first")
        let first = builder.finish()
        builder.append("second")
        let second = builder.finish()
        let third = builder.finish()
        #expect(first.exposedText == "first")
        #expect(second.exposedText == "second")
        #expect(third.isEmpty)
    }

    @Test(
        "Two secrets are equal if all of their bytes are",
        arguments: [
            ("", "", true), ("a", "a", true), ("a", "b", false), ("a", "aa", false), ("ab", "aB", false),
            ("\0", "", false), ("ba", "bb", false), ("same text", "same text", true),
        ])
    func sameBytes(a: String, b: String, expected: Bool) {
        #expect(SecretBytes(a).hasSameBytes(as: SecretBytes(b)) == expected)
        #expect(SecretBytes(b).hasSameBytes(as: SecretBytes(a)) == expected)
    }

    @Test("An error that is thrown during the access to the bytes is passed on")
    func failureWhileExposed() {
        #expect(throws: JSONError(reason: "stop")) {
            try SecretBytes("x").withExposed { _ throws(JSONError) in throw JSONError(reason: "stop") }
        }
    }
}
