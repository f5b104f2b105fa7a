import Azure
import AzureEmulator
import Foundation
import ProviderCore
import ProviderTransport
import SecretMemory
import Testing

@Suite("A mount over the real socket and real TLS", .timeLimit(.minutes(20)))
struct MountTests {
    @Test("a mount returns every object's bytes, mode and version")
    func everyType() async throws {
        try await EmulatedEnvironment.with { world in
            let answer = try await world.mount(
                EmulatedEnvironment.object("secret", "plain"),
                EmulatedEnvironment.object("key", "rsa", "filePermission: \"0600\""),
                EmulatedEnvironment.object("cert", "site", "objectAlias: tls/site.crt"),
                EmulatedEnvironment.object("secret", "umlaut"))
            #expect(answer.files.map(\.path) == ["plain", "rsa", "tls/site.crt", "umlaut"])
            #expect(answer.files.map(\.mode) == [0o644, 0o600, 0o644, 0o644])
            #expect(answer.objectVersions.map(\.id) == ["secret/plain", "key/rsa", "cert/site", "secret/umlaut"])
            #expect(answer.objectVersions.allSatisfy { $0.version.count == 32 })
            #expect(try answer.text("plain") == "plain value")
            #expect(try answer.text("umlaut") == "Grüße, 世界 🔑\n")
            #expect(try answer.text("rsa").hasPrefix("-----BEGIN PUBLIC KEY-----\n"))
            #expect(try answer.text("tls/site.crt").components(separatedBy: "BEGIN CERTIFICATE").count == 2)
            #expect(answer.errorCode.isEmpty)
        }
    }

    @Test("a mount sends one token request, and one vault request for each object")
    func cost() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            _ = try await world.mount(
                EmulatedEnvironment.object("secret", "plain"), EmulatedEnvironment.object("secret", "shared"))
            let counts = world.emulator.callCounts
            #expect(counts.tokens == 1)
            #expect(counts.vault == 2)
            #expect(counts.unauthorized == 0)
        }
    }

    @Test("a mount reads a pinned version, and otherwise the latest")
    func versions() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let pinned = "00000000000000000000000000000002"
            let answer = try await world.mount(
                EmulatedEnvironment.object("secret", "history"),
                EmulatedEnvironment.object("secret", "history", "objectVersion: \"\(pinned)\"\nobjectAlias: before"))
            #expect(try answer.text("history") == "three")
            #expect(try answer.text("before") == "two")
            #expect(answer.objectVersions.map(\.id) == ["secret/history/history", "secret/history/before"])
            #expect(answer.objectVersions.last?.version == pinned)
        }
    }

    @Test(
        "a certificate's PKCS#12 becomes PEM, with the key first and the leaf next",
        arguments: [("site", 3), ("site-modern", 3), ("site-pem", 2)])
    func certificates(name: String, chain: Int) async throws {
        try await EmulatedEnvironment.with { world in
            let text = try await world.mount(EmulatedEnvironment.object("secret", name)).text(name)
            #expect(text.hasPrefix("-----BEGIN PRIVATE KEY-----\n"))
            #expect(text.components(separatedBy: "BEGIN PRIVATE KEY").count == 2)
            #expect(text.components(separatedBy: "BEGIN CERTIFICATE").count == chain + 1)
            let leaf = try await world.mount(EmulatedEnvironment.object("cert", name)).text(name)
            #expect(text.contains("-----END PRIVATE KEY-----\n\(leaf)"))
        }
    }

    @Test("a certificate whose key is not exportable is mounted without its key")
    func sealed() async throws {
        try await EmulatedEnvironment.with { world in
            let text = try await world.mount(EmulatedEnvironment.object("secret", "sealed")).text("sealed")
            #expect(text.hasPrefix("-----BEGIN CERTIFICATE-----\n"))
            #expect(!text.contains("PRIVATE"))
        }
    }

    @Test("a PFX is mounted as base64 or, decoded, as bytes, and plain secrets are decoded")
    func encodings() async throws {
        try await EmulatedEnvironment.with { world in
            let answer = try await world.mount(
                EmulatedEnvironment.object("secret", "site", "objectFormat: pfx"),
                EmulatedEnvironment.object(
                    "secret", "site", "objectFormat: PFX\nobjectEncoding: base64\nobjectAlias: site.pfx"),
                EmulatedEnvironment.object("secret", "base64", "objectEncoding: Base64"),
                EmulatedEnvironment.object("secret", "hex", "objectEncoding: hex"))
            let text = try answer.text("site")
            #expect(Data(base64Encoded: text).map { Array($0) } == answer.files[1].contents)
            #expect(answer.files[2].contents == Array("hello\u{0}\u{1}".utf8))
            #expect(answer.files[3].contents == [0x00, 0xFF, 0x10])
        }
    }

    @Test(".crt and .key files are written next to a certificate's secret if configured")
    func separateFiles() async throws {
        try await EmulatedEnvironment.with(conversion: ContentConversion(separatesCertificateAndKey: true)) { world in
            let answer = try await world.mount(
                EmulatedEnvironment.object("secret", "site"), EmulatedEnvironment.object("secret", "plain"))
            #expect(answer.files.map(\.path) == ["site.crt", "site.key", "site", "plain"])
            #expect(try answer.text("site") == answer.text("site.key") + answer.text("site.crt"))
            #expect(Set(answer.objectVersions.prefix(3)).count == 1)
        }
    }

    @Test("the token is read from the secrets if the attributes have none")
    func tokenInSecrets() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            var attributes = try await world.attributes(
                objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]))
            let key = "csi.storage.k8s.io/serviceAccount.tokens"
            let secrets = try JSONSerialization.data(withJSONObject: [key: try #require(attributes[key])])
            attributes[key] = nil
            let answer = try await world.mount(attributes, secrets: String(decoding: secrets, as: UTF8.self))
            #expect(try answer.text("plain") == "plain value")
        }
    }

    @Test("a history has the requested number of versions, the newest first")
    func history() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let answer = try await world.mount(
                EmulatedEnvironment.object("secret", "history", "objectVersionHistory: 2"),
                EmulatedEnvironment.object("secret", "plain", "objectVersionHistory: 5\nobjectAlias: old/plain"),
                EmulatedEnvironment.object(
                    "secret", "history",
                    "objectVersionHistory: 9\nobjectAlias: from-two\nobjectVersion: \"00000000000000000000000000000002\""
                ))
            #expect(
                answer.files.map(\.path) == ["history/0", "history/1", "old/plain/0", "from-two/0", "from-two/1"])
            #expect(try answer.text("history/0") == "three")
            #expect(try answer.text("history/1") == "two")
            #expect(try answer.text("from-two/1") == "one")
            #expect(Set(answer.objectVersions.map(\.id)).count == 5)
            #expect(answer.objectVersions[2].id == "secret/plain/0")
        }
    }

    @Test("the next mount returns a changed secret with a new version")
    func rotation() async throws {
        try await EmulatedEnvironment.with(keys: false, cache: .off) { world in
            let before = try await world.mount(EmulatedEnvironment.object("secret", "plain"))
            let version = try #require(world.emulator.setSecret("plain", in: "kv-tests", value: "rotated"))
            let after = try await world.mount(EmulatedEnvironment.object("secret", "plain"))
            #expect(try before.text("plain") == "plain value")
            #expect(try after.text("plain") == "rotated")
            #expect(after.objectVersions.first?.version == version)
        }
    }

    @Test("a mount trusts the current content of SSL_CERT_FILE, and names TLS if that is not sufficient")
    func trustRoots() async throws {
        try await EmulatedEnvironment.with(keys: false, cache: .off) { world in
            let file = URL(fileURLWithPath: world.authorityFile)
            let authority = try Data(contentsOf: file)
            let attributes = try await world.attributes(
                objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]))
            #expect(try await world.mount(attributes).text("plain") == "plain value")
            for round in 0..<5 {
                try Data("not a certificate \(round)".utf8).write(to: file)
                let status = try await world.failure(attributes)
                #expect(status.code == .internal)
                #expect(status.message.contains("TLS"))
                try authority.write(to: file)
                #expect(try await world.mount(attributes).text("plain") == "plain value")
            }
        }
    }

    @Test("110 concurrent pods of two identities get only their own values")
    func storm() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let (reader, stranger) = (
                try await world.token(), try await world.token("stranger", namespace: "team-b")
            )
            let shared = EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "shared")])
            let mine = EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<110 {
                    group.addTask {
                        if index.isMultiple(of: 2) {
                            let attributes = try await world.attributes(objects: mine, token: reader)
                            #expect(try await world.mount(attributes).text("plain") == "plain value")
                        } else {
                            var attributes = try await world.attributes(objects: shared, token: stranger)
                            attributes["clientID"] = "11111111-aaaa-4aaa-8aaa-000000000002"
                            #expect(try await world.mount(attributes).text("shared") == "for both teams")
                            attributes["objects"] = mine
                            #expect(try await world.failure(attributes).code == .permissionDenied)
                        }
                    }
                }
                try await group.waitForAll()
            }
        }
    }
}
