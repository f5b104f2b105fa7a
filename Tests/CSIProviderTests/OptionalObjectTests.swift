import AzureTestSupport
import ProviderCore
import TestSupport
import Testing

/// The files of a pod for objects that the vault does not have.
@Suite("Optional objects")
struct OptionalObjectTests {
    private static let user = "{objectName: user, objectType: secret}"

    private static func missing(_ setting: String) -> String {
        "{objectName: gone, objectType: secret, \(setting)}"
    }

    @Test(
        "A missing object is left out, empty, or the default value of the class",
        arguments: [
            ("required: false", nil), ("onMissing: empty", ""), ("default: none", "none"),
            (#"default: "a\n""#, "a\n"), ("{default: abc, encode: hex}", "616263"),
        ] as [(String, String?)])
    func substitutes(setting: String, expected: String?) async throws {
        let node = TestNode()
        let setting = setting.trimmingCharacters { "{}".contains($0) }
        let files = try await node.mount(TestNode.pod(Self.user, Self.missing(setting)))
        #expect(files["gone"] == expected)
        #expect(files.count == (expected == nil ? 1 : 2))
    }

    @Test("A disabled object counts as missing, and an object that is created later is mounted")
    func disabled() async throws {
        let node = TestNode()
        node.azure.change {
            $0.secrets["kv-a gone"] = FakeAzure.Secret(version: 1, value: "x", isEnabled: false)
        }
        let pod = TestNode.pod(Self.user, Self.missing("default: none"))
        #expect(try await node.versions(pod)["secret/gone"]?.hasPrefix("missing-") == true)
        node.azure.change { $0.secrets["kv-a gone"]?.isEnabled = true }
        node.azure.advance(.seconds(75))
        #expect(try await node.mount(pod)["gone"] == "x")
        #expect(try await node.versions(pod)["secret/gone"] == "v1")
    }

    @Test(
        "Any other failure of an optional object fails the mount",
        arguments: [
            (403, ErrorCode.vaultForbidden), (401, .vaultUnauthorized), (429, .throttled), (500, .serviceUnavailable),
            (404, .objectNotFound), (400, .requestRefused), (0, .unreachable),
        ])
    func others(status: Int, code: ErrorCode) async throws {
        let node = TestNode()
        node.azure.change { $0.statuses["kv-b"] = status }
        let object = "{objectName: gone, objectType: secret, vault: kv-b, required: false}"
        #expect(try await node.failure(TestNode.pod(Self.user, object)) == code)
    }

    @Test("A missing required object fails the mount, with and without optional objects")
    func required() async throws {
        let error = try #require(
            try await TestNode().error(
                TestNode.pod(Self.user, Self.missing("required: false"), "{objectName: lost, objectType: secret}")))
        #expect(error.code == .objectNotFound)
        #expect(error.message.contains("objectName:lost"))
        #expect(error.parts.isEmpty)
    }

    @Test("A volume without any file is an error")
    func empty() async throws {
        let error = try #require(try await TestNode().error(TestNode.pod(Self.missing("required: false"))))
        #expect(error.code == .objectNotFound)
        #expect(error.message.hasPrefix("no file is left to mount"))
    }
}

extension String {
    fileprivate func trimmingCharacters(_ isTrimmed: (Character) -> Bool) -> String {
        let start = drop { isTrimmed($0) }
        return String(start.prefix(start.count - start.reversed().prefix { isTrimmed($0) }.count))
    }
}
