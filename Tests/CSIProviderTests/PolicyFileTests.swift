import AzureTestSupport
import CSIProvider
import Foundation
import Logging
import ProviderCore
import TestSupport
import Testing

/// The policy applies before any response, also to cached values, and is read again when it changes.
@Suite("The policy's file")
struct PolicyFileTests {
    private static let onlyA = text("keyvaultNames: [kv-a]")
    private static let onlyB = text("keyvaultNames: [kv-b]")

    private static func text(_ limits: String) -> String {
        "apiVersion: akv-csi/v1\ndefault: deny\nrules:\n  - { name: one, namespaces: [team], \(limits) }\n"
    }

    private let logger: Logger
    private let lines = RecordedLog()

    init() {
        logger = lines.logger
    }

    @Test("the policy is applied before any request to Azure")
    func beforeNetwork() async throws {
        try await TemporaryDirectory.with { directory in
            let path = try directory.write(Self.onlyB.utf8, to: "policy.yaml")
            let node = TestNode(policy: try PolicyFile(path: path, logger: logger))
            let error = await #expect(throws: ProviderError.self) { try await node.mount(.init()) }
            #expect(error?.code == .policyDenied)
            let said = "\(try #require(error))"
            for words in [
                "rule one permits keyvaultName kv-b, not kv-a", "policy: \(path)", "vault: kv-a.vault.azure.net",
            ] {
                #expect(said.contains(words), "\(said)")
            }
            #expect(node.azure.count("") == 0)
            #expect(try await node.mount(.init(vault: "kv-b")) == ["user": "other user"])
        }
    }

    @Test("a change to a name that only looks the same takes effect")
    func lookalikes() async throws {
        try await TemporaryDirectory.with { directory in
            // To Swift, the Kelvin sign is a K.
            let path = try directory.write(Self.text("objectNames: [\u{212A}ey]").utf8, to: "policy.yaml")
            let node = TestNode(policy: try PolicyFile(path: path, logger: logger))
            node.azure.change { $0.secrets["kv-a Key"] = FakeAzure.Secret(version: 1, value: "value") }
            #expect(try await node.failure(.init(objects: ["Key"])) == .policyDenied)
            try directory.write(Self.text("objectNames: [Key]").utf8, to: "policy.yaml")
            #expect(try await node.mount(.init(objects: ["Key"])) == ["Key": "value"])
        }
    }

    @Test("the policy is applied to cached values too, and a change of the policy removes them")
    func warm() async throws {
        try await TemporaryDirectory.with { directory in
            let path = try directory.write(Self.onlyA.utf8, to: "policy.yaml")
            let node = TestNode(policy: try PolicyFile(path: path, logger: logger))
            _ = try await node.mount(.init())
            #expect(node.mounts.cacheUsage.count == 1)
            try directory.write(Self.onlyB.utf8, to: "policy.yaml")
            #expect(try await node.failure(.init()) == .policyDenied)
            #expect(node.mounts.cacheUsage.count == 0)
            #expect(node.azure.count("get") == 1)
            try directory.write(Self.onlyA.utf8, to: "policy.yaml")
            _ = try await node.mount(.init())
            #expect(node.azure.count("get") == 2)
            // The same rules again do not remove any values.
            try directory.write((Self.onlyA + "# a note\n").utf8, to: "policy.yaml")
            _ = try await node.mount(.init())
            #expect(node.azure.count("get") == 2)
        }
    }

    @Test("the file is found through the links of a ConfigMap")
    func configMap() async throws {
        try await TemporaryDirectory.with { directory in
            let files = FileManager.default
            for (name, text) in [("..1", Self.onlyA), ("..2", Self.onlyB)] {
                try files.createDirectory(atPath: directory.file(name), withIntermediateDirectories: false)
                try directory.write(text.utf8, to: "\(name)/policy.yaml")
            }
            try files.createSymbolicLink(atPath: directory.file("..data"), withDestinationPath: "..1")
            try files.createSymbolicLink(
                atPath: directory.file("policy.yaml"), withDestinationPath: "..data/policy.yaml")
            let node = TestNode(policy: try PolicyFile(path: directory.file("policy.yaml"), logger: logger))
            _ = try await node.mount(.init())
            try files.createSymbolicLink(atPath: directory.file("..new"), withDestinationPath: "..2")
            #expect(rename(directory.file("..new"), directory.file("..data")) == 0)
            #expect(try await node.failure(.init()) == .policyDenied)
        }
    }

    @Test("the rules stay in force when the file becomes invalid or missing, which is logged once")
    func broken() async throws {
        try await TemporaryDirectory.with { directory in
            let path = try directory.write(Self.onlyA.utf8, to: "policy.yaml")
            let node = TestNode(policy: try PolicyFile(path: path, logger: logger))
            _ = try await node.mount(.init())
            #expect(node.mounts.isPolicyValid == true)
            try directory.write(Self.text("vaults: [kv-b]").utf8, to: "policy.yaml")
            for _ in 0..<3 {
                _ = try await node.mount(.init())
                #expect(try await node.failure(.init(vault: "kv-b")) == .policyDenied)
            }
            #expect(node.mounts.isPolicyValid == false)
            let said = lines.with("code", "policy-invalid")
            #expect(said.count == 1)
            #expect(said.first?["error"]?.contains("policy.yaml:4: \"vaults\" is not a key of a rule") == true)
            try FileManager.default.removeItem(atPath: path)
            node.mounts.sweep()
            #expect(lines.with("code", "policy-invalid").count == 2)
            _ = try await node.mount(.init())
            try directory.write(Self.onlyB.utf8, to: "policy.yaml")
            #expect(try await node.failure(.init()) == .policyDenied)
            #expect(node.mounts.isPolicyValid == true)
        }
    }

    @Test("the file must be valid at the start")
    func start() async throws {
        try await TemporaryDirectory.with { directory in
            #expect(throws: PolicyFileError.self) {
                try PolicyFile(path: directory.file("absent.yaml"), logger: logger)
            }
            let path = try directory.write("rules: []".utf8, to: "policy.yaml")
            let error = #expect(throws: PolicyFileError.self) { try PolicyFile(path: path, logger: logger) }
            #expect(error?.description.hasPrefix("\(path):1: apiVersion is missing") == true)
            for bytes: [UInt8] in [[0xFF, 0xFE, 0xFF], [UInt8](repeating: 0x23, count: 2 << 20)] {
                let path = try directory.write(bytes, to: "unusual.yaml")
                #expect(throws: PolicyFileError.self) { try PolicyFile(path: path, logger: logger) }
            }
        }
    }
}
