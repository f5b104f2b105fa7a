import Foundation
import ProviderCore
import SecretMemory
import Testing

/// The conversion of a vault's value to a file's bytes, and the metadata file of the whole volume.
@Suite("Files of objects")
struct FileFormTests {
    private static func answer(
        _ objects: String, _ values: [String?], parameters: [String: String] = [:],
        _ change: (inout FetchedVersion) -> Void = { _ in }
    ) throws -> MountResponse {
        let attributes = ValidMount.attributes.merging(
            ["objects": "array: [\(objects)]"].merging(parameters) { $1 }
        ) { $1 }
        let plan = MountPlan(
            try MountConfiguration(
                validating: try mountRequest(attributes),
                MountConfiguration.Environment(
                    defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: testNow)))
        let fetched = values.map { value -> [FetchedVersion] in
            guard let value else { return [] }
            var version = FetchedVersion(
                .secret(
                    SecretBundle(
                        value: SecretBytes(value), version: "v1", contentType: "text/plain", isCertificate: false)),
                vault: VaultAddress(name: "kv", suffix: "example"))
            change(&version)
            return [version]
        }
        return try MountResponse(plan, fetched: fetched, conversion: ContentConversion(), now: testNow)
    }

    private static func file(_ setting: String, _ value: String) throws -> String {
        try answer("{objectName: n, objectType: secret, \(setting)}", [value]).files[0].contents.exposedText
    }

    @Test(
        "A value is decoded, trimmed and encoded, in this order",
        arguments: [
            ("trim: newline", "a\n", "a"), ("trim: newline", " a \r\n\n", " a "), ("trim: newline", "\n", ""),
            ("trim: newline", "a\nb", "a\nb"), ("trim: space", " \ta b\n ", "a b"), ("trim: none", "a\n", "a\n"),
            ("encode: base64", "a?>", "YT8+"), ("encode: base64url", "a?>a", "YT8-YQ"),
            ("encode: hex", "\u{1}z", "017a"),
            ("objectEncoding: base64url", "YT8-YQ", "a?>a"), ("objectEncoding: base64url", "YT8-YQ==\n", "a?>a"),
            ("objectEncoding: hex, encode: base64", "613f3e", "YT8+"),
            ("objectEncoding: base64, trim: newline, encode: hex", "YQo=", "61"), ("encode: none", "x", "x"),
        ])
    func forms(setting: String, value: String, expected: String) throws {
        #expect(try Self.file(setting, value) == expected)
    }

    @Test(
        "Invalid base64url is refused, without showing it",
        arguments: ["a+b=", "ab=", "a", "ab/d", "secret value", "YQ===", "YT8=-Q"])
    func malformed(value: String) throws {
        let error = #expect(throws: ProviderError.self) { try Self.file("objectEncoding: base64url", value) }
        #expect(error?.code == .contentInvalid)
        if value.count > 3 { #expect(error?.message.contains(value) == false) }
    }

    @Test("Foundation decodes the encoded values", arguments: 0..<70)
    func roundTrip(count: Int) throws {
        let value = String((0..<count).map { Character(Unicode.Scalar(UInt8($0 * 37 % 128))) })
        let text = try Self.file("encode: base64url", value).replacing("-", with: "+").replacing("_", with: "/")
        let padded = text + String(repeating: "=", count: (4 - text.count % 4) % 4)
        #expect(Data(base64Encoded: padded) == Data(value.utf8))
        let encoded = try Self.file("encode: base64url", value)
        #expect(try Self.file("objectEncoding: base64url", encoded) == value)
    }

    @Test("A hidden object does not have a file, but its version is reported")
    func hidden() throws {
        let answer = try Self.answer(
            "{objectName: a, objectType: secret, hidden: true}, {objectName: b, objectType: secret}", ["1", "2"])
        #expect(answer.files.map(\.path) == ["b"])
        #expect(answer.versions.map(\.id) == ["secret/a", "secret/b"])
    }

    @Test("The metadata file describes the content of the volume, without times")
    func metadata() throws {
        func make() throws -> MountResponse {
            try Self.answer(
                """
                {objectName: a, objectType: secret, objectAlias: d/a}, {objectName: b, objectType: secret, default: x},
                {objectName: c, objectType: secret, required: false}
                """, ["1", nil, nil], parameters: ["metadataFile": "meta.json"]
            ) { version in
                version.isFromFallback = true
                version.attributes.created = testNow
                version.attributes.updated = testNow + 5
                version.attributes.expires = testNow + 86_400
                version.attributes.contentType = "text/plain"
                version.attributes.tags = ["z": "1", "a": "\"quoted\""]
            }
        }
        let answer = try make()
        let file = try #require(answer.files.last)
        #expect(file.path == "meta.json")
        #expect(
            file.contents.exposedText == #"""
                {"objects":[
                {"type":"secret","name":"a","vault":"kv","version":"v1","fallback":true,"created":"2026-01-01T12:00:00Z","expires":"2026-01-02T12:00:00Z","contentType":"text/plain","tags":{"a":"\"quoted\"","z":"1"},"files":["d/a"]},
                {"type":"secret","name":"b","missing":true,"files":["b"]},
                {"type":"secret","name":"c","missing":true,"files":[]}
                ]}

                """#)
        let again = try make()
        #expect(again.files.last?.contents.exposedText == file.contents.exposedText)
        _ = try JSONSerialization.jsonObject(with: Data(file.contents.exposedBytes))
    }

    @Test("A volume with only a metadata file is refused")
    func onlyMetadata() {
        let error = #expect(throws: ProviderError.self) {
            try Self.answer(
                "{objectName: a, objectType: secret, required: false}", [nil], parameters: ["metadataFile": "m"])
        }
        #expect(error?.code == .objectNotFound)
    }
}
