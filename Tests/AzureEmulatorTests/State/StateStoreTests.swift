import Foundation
import TestSupport
import Testing

@testable import AzureEmulator

@Suite("The emulator's state")
struct StateStoreTests {
    private static let vault = Vault(name: "kv-Tests", tenantID: "t", access: [], objects: [:])

    private static func file(in directory: TemporaryDirectory) -> StateFile {
        StateFile(url: URL(fileURLWithPath: directory.file("state.json")))
    }

    private static func permissions(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }

    @Test("A vault is found in any letter case, and an exact match is preferred")
    func names() throws {
        var other = Self.vault
        other.name = "KV-TESTS"
        let store = try StateStore.test(vaults: [Self.vault, other])
        #expect(store.vault("kv-tests")?.name == "kv-Tests")
        #expect(store.vault("KV-TESTS")?.name == "KV-TESTS")
        #expect(store.vault("kv") == nil)
    }

    @Test("A change of an unknown vault or identity is refused with a suggestion")
    func unknown() throws {
        let store = try StateStore.test(vaults: [Self.vault], identities: [.test()])
        let vault = try #require(throws: EmulatorError.self) { try store.change("kv-test") { _ in } }
        #expect(vault.kind == .notFound)
        #expect(vault.description == "unknown vault kv-test; did you mean kv-Tests?")
        let identity = try #require(throws: EmulatorError.self) { try store.changeIdentity("raeder") { _ in } }
        #expect(identity.description == "unknown identity raeder; did you mean reader?")
    }

    @Test("The next emulator reads the state file, and only its owner can read it")
    func file() throws {
        let directory = try TemporaryDirectory()
        let file = Self.file(in: directory)
        #expect(try file.read() == nil)
        let store = try StateStore(.test(vaults: [Self.vault], identities: [.test()]), file: file)
        try store.change("kv-Tests") { _ = try $0.setSecret("x", "value", now: 1) }
        try store.changeIdentity("reader") { $0.clientSecrets = ["secret"] }
        #expect(try Self.permissions(file.url.path) == 0o600)
        let state = try #require(try file.read())
        #expect(state.vaults.first?.object("x", .secrets)?.versions.count == 1)
        #expect(state.identities.first?.clientSecrets == ["secret"])
    }

    @Test("A change that cannot be written to the file is not made")
    func unwritable() throws {
        let directory = try TemporaryDirectory()
        let store = try StateStore(.test(vaults: [Self.vault]), file: Self.file(in: directory))
        // A directory instead of the temporary file makes every write fail, even for root.
        try FileManager.default.createDirectory(
            atPath: directory.file("state.json.new/x"), withIntermediateDirectories: true)
        try FileManager.default.removeItem(atPath: directory.file("state.json"))
        try FileManager.default.createDirectory(
            atPath: directory.file("state.json/x"), withIntermediateDirectories: true)
        #expect(throws: EmulatorError.self) {
            try store.change("kv-Tests") { _ = try $0.setSecret("x", "value", now: 1) }
        }
        #expect(store.vault("kv-Tests")?.object("x", .secrets) == nil)
    }

    @Test(
        "A file that is not a state file is refused and not changed",
        arguments: [
            ("{}", "does not contain an emulator's state"), ("", "does not contain an emulator's state"),
            (
                #"{"format":2,"vaults":[],"identities":[],"keys":{"cluster":"","tokens":"","authority":{"key":"","certificate":[]}}}"#,
                "unknown format 2"
            ),
        ])
    func invalidFile(content: String, reason: String) throws {
        let directory = try TemporaryDirectory()
        try directory.write(content.utf8, to: "state.json")
        let error = try #require(throws: EmulatorError.self) { try Self.file(in: directory).read() }
        #expect(error.description.contains(directory.file("state.json")))
        #expect(error.description.contains(reason))
        #expect(try directory.read("state.json") == Array(content.utf8))
    }
}
