import AzureTestSupport
import CSIProvider
import Foundation
import Logging
import ProviderCore
import TestSupport
import Testing

@Suite("The files of private clouds")
struct CloudEnvironmentFilesTests {
    @Test("the operator's file is used unless the class names another")
    func defaultPath() async throws {
        try await TemporaryDirectory.with { directory in
            let own = try directory.write(Array("own".utf8), to: "own.json")
            let other = try directory.write(Array("other".utf8), to: "other.json")
            let files = CloudEnvironmentFiles(defaultPath: own)
            #expect(try files.read(nil)?.contents.get() == Array("own".utf8))
            #expect(try files.read(other)?.contents.get() == Array("other".utf8))
            #expect(CloudEnvironmentFiles(defaultPath: "").read(nil) == nil)
            #expect(throws: (any Error).self) { try files.read(directory.file("absent"))?.contents.get() }
        }
    }

    @Test("a class may only name files inside the allowed directories, also through links and dots")
    func allowed() async throws {
        try await TemporaryDirectory.with { directory in
            for name in ["clouds", "clouds-secret"] {
                try FileManager.default.createDirectory(atPath: directory.file(name), withIntermediateDirectories: true)
            }
            let inside = try directory.write(Array("inside".utf8), to: "clouds/a.json")
            let outside = try directory.write(Array("outside".utf8), to: "clouds-secret/b.json")
            try FileManager.default.createSymbolicLink(
                atPath: directory.file("clouds/link.json"), withDestinationPath: outside)
            let files = CloudEnvironmentFiles(
                defaultPath: outside, allowedDirectories: [directory.file("clouds"), directory.file("absent")])
            #expect(try files.read(inside)?.contents.get() == Array("inside".utf8))
            for path in [outside, directory.file("clouds/link.json"), directory.file("clouds/../clouds-secret/b.json")]
            {
                let reason = #expect(throws: CloudEnvironmentError.self) {
                    try files.read(path)?.contents.get()
                }
                #expect(reason?.text.hasPrefix("the operator allows cloudEnvFileName in ") == true)
            }
            #expect(try files.read(nil)?.contents.get() == Array("outside".utf8))
            // A directory that does not exist allows nothing.
            let none = CloudEnvironmentFiles(defaultPath: "", allowedDirectories: [directory.file("absent")])
            #expect(throws: (any Error).self) { try none.read(inside)?.contents.get() }
        }
    }

    /// A class that names `file`, in a namespace for which a rule has `limits`.
    private static func failure(naming file: String, limits: String) async throws -> ProviderError {
        try await TemporaryDirectory.with { directory in
            let policy = """
                apiVersion: akv-csi/v1
                default: deny
                rules:
                  - { name: one, namespaces: [team], \(limits) }
                """
            let node = TestNode(
                policy: try PolicyFile(
                    path: try directory.write(policy.utf8, to: "policy.yaml"), logger: RecordedLog().logger))
            var pod = TestNode.Pod()
            pod.parameters = ["cloudName": "AzureStackCloud", "cloudEnvFileName": file]
            let error = await #expect(throws: ProviderError.self) { try await node.mount(pod) }
            return try #require(error)
        }
    }

    @Test(
        "a file is not opened for a mount that the policy refuses",
        arguments: [
            "cloudEnvFileNames: [/etc/clouds/stack.json]", "cloudNames: [AzurePublicCloud]", "tenantIDs: [other]",
            "clientIDs: [other]", "keyvaultNames: [kv-b]", "keyvaultNames: [kv-b.vault.azure.net]",
            "keyvaultNames: [\"kv-?b.*\"]", "objectNames: [other]", "serviceAccounts: [other]",
        ])
    func refused(limits: String) async throws {
        // If the file were opened, the error would be that it does not exist.
        let error = try await Self.failure(naming: "/nowhere/stack.json", limits: limits)
        #expect(error.code == .policyDenied)
        #expect("\(error)".contains("vault: kv-a,") && !"\(error)".contains("kv-a.vault"), "\(error)")
    }

    @Test(
        "a file is opened if the policy depends on its hosts, which are then checked",
        arguments: ["keyvaultNames: [kv-a.vault.azure.net]", "keyvaultNames: [\"k*.vault.azure.net\"]"])
    func hosts(limits: String) async throws {
        #expect(try await Self.failure(naming: "/nowhere/stack.json", limits: limits).code == .cloudInvalid)
        try await TemporaryDirectory.with { directory in
            let json = #"{"activeDirectoryEndpoint":"https://login.local","keyVaultDNSSuffix":"vault.local"}"#
            let file = try directory.write(json.utf8, to: "stack.json")
            let error = try await Self.failure(naming: file, limits: limits)
            #expect(error.code == .policyDenied)
            #expect("\(error)".contains("vault: kv-a.vault.local,"), "\(error)")
        }
    }

    @Test("an error never shows the content of a file")
    func content() async throws {
        try await TemporaryDirectory.with { directory in
            #expect(mkfifo(directory.file("pipe"), 0o600) == 0)
            try directory.write("secret-word".utf8, to: "text")
            try directory.write([UInt8](repeating: 0x20, count: (1 << 20) + 1), to: "large")
            for (file, words) in [
                (directory.file("text"), "the file is not a JSON object"),
                (directory.file("pipe"), "not a regular file"),
                (directory.file("large"), "the file is larger than 1048576 bytes"), (directory.path, "is a directory"),
                ("/dev/zero", "not a regular file"), ("/etc/passwd", "the file is not a JSON object"),
                ("/etc/passwd\0.json", "invalid argument"),
            ] {
                let error = try await Self.failure(naming: file, limits: "objectTypes: [secret]")
                #expect(error.code == .cloudInvalid)
                #expect(error.message.contains("cloudName AzureStackCloud is not valid"), "\(error)")
                #expect(error.message.hasSuffix(words), "\(error)")
            }
        }
    }
}
