import Azure
import AzureEmulator
import Foundation
import ProviderTransport
import Testing

/// The settings beyond upstream's fields, over the real socket and real TLS.
@Suite("Settings of objects, end to end", .timeLimit(.minutes(20)))
struct SettingsTests {
    @Test("Objects are read from other vaults and tenants and with other clients")
    func severalVaults() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let answer = try await world.mount(
                EmulatedEnvironment.object("secret", "plain"),
                EmulatedEnvironment.object("secret", "plain", "vault: kv-second\nobjectAlias: second"),
                EmulatedEnvironment.object(
                    "secret", "others", "vault: kv-second\nclientID: 11111111-aaaa-4aaa-8aaa-00000000000c"),
                EmulatedEnvironment.object(
                    "secret", "abroad",
                    """
                    vault: kv-abroad
                    tenantID: 88888888-8888-4888-8888-888888888888
                    clientID: 11111111-aaaa-4aaa-8aaa-000000000006
                    """))
            #expect(try answer.text("plain") == "plain value")
            #expect(try answer.text("second") == "plain value of the second")
            #expect(try answer.text("others") == "for the second identity")
            #expect(try answer.text("abroad") == "from another directory")
            #expect(answer.objectVersions.map(\.id).first == "secret/plain/plain")
            #expect(world.emulator.callCounts.tokens == 3)
            #expect(world.emulator.callCounts.vault == 4)
        }
    }

    @Test("An object's client that does not trust the pod is refused")
    func foreignClient() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let object = EmulatedEnvironment.object(
                "secret", "shared", "clientID: 11111111-aaaa-4aaa-8aaa-000000000002")
            let status = try await world.failure(
                try await world.attributes(
                    objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain"), object])))
            #expect(status.code == .unauthenticated)
            #expect(status.message.contains("11111111-aaaa-4aaa-8aaa-000000000002"))
        }
    }

    @Test("Optional objects that are missing or disabled are left out or replaced")
    func optional() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let answer = try await world.mount(
                EmulatedEnvironment.object("secret", "plain"),
                EmulatedEnvironment.object("secret", "gone", "required: false"),
                EmulatedEnvironment.object("secret", "disabled", "default: nothing"),
                EmulatedEnvironment.object("cert", "gone", "onMissing: empty\nobjectAlias: gone.crt"))
            #expect(answer.files.map(\.path) == ["plain", "disabled", "gone.crt"])
            #expect(try answer.text("disabled") == "nothing")
            #expect(answer.objectVersions.map(\.version).dropFirst().map { $0.prefix(8) } == ["missing-", "missing"])
        }
    }

    @Test("A fallback vault replaces a failing vault, and optionally provides a missing object")
    func fallback() async throws {
        try await EmulatedEnvironment.with(keys: false, cache: .off) { world in
            var attributes = try await world.attributes(
                objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]))
            attributes["fallbackVault"] = "kv-second"
            #expect(try await world.mount(attributes).text("plain") == "plain value")
            world.emulator.faults.add(try Fault(words: ["status", "target=vault:kv-tests", "status=503"]))
            let answer = try await world.mount(attributes)
            #expect(try answer.text("plain") == "plain value of the second")
            #expect(answer.objectVersions.first?.version.hasSuffix("@kv-second") == true)
        }
        try await EmulatedEnvironment.with(keys: false) { world in
            let object = EmulatedEnvironment.object(
                "secret", "only-second", "fallbackVault: kv-second\nfallbackOn: notFound")
            let answer = try await world.mount(object)
            #expect(try answer.text("only-second") == "only in the second")
        }
    }

    @Test("The previous version and the latest enabled version are mounted")
    func versions() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let answer = try await world.mount(
                EmulatedEnvironment.object("secret", "history", "objectVersion: previous\nobjectAlias: before"),
                EmulatedEnvironment.object("secret", "history", "objectVersion: latest-enabled"))
            #expect(try answer.text("before") == "two")
            #expect(try answer.text("history") == "three")
        }
    }

    @Test("Values are trimmed and encoded, and the metadata file describes them")
    func forms() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            var attributes = try await world.attributes(
                objects: EmulatedEnvironment.array([
                    EmulatedEnvironment.object("secret", "umlaut", "trim: newline\nencode: base64url"),
                    EmulatedEnvironment.object("secret", "ends-soon", "minRemaining: 30d"),
                ]))
            attributes["metadataFile"] = "versions.json"
            let answer = try await world.mount(attributes)
            #expect(try answer.text("umlaut") == "R3LDvMOfZSwg5LiW55WMIPCflJE")
            let text = try answer.text("versions.json")
            #expect(text.contains(#""name":"ends-soon","vault":"kv-tests""#))
            #expect(text.contains(#""expires":"2100-01-01T00:00:00Z""#))
            attributes["objects"] = EmulatedEnvironment.array([
                EmulatedEnvironment.object("secret", "ends-soon", "respectNotBefore: true")
            ])
            #expect(try await world.failure(attributes).code == .failedPrecondition)
        }
    }

    @Test("Selectors pick by name and tags")
    func selectors() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let answer = try await world.mount("select: {prefix: app-}\nfileName: \"{{stem}}.txt\"")
            #expect(answer.files.map(\.path) == ["password.txt", "Token.txt", "user.txt"])
            #expect(try answer.text("user.txt") == "app user")
            let tagged = try await world.mount("select: {tags: {team: a}}")
            #expect(tagged.files.map(\.path) == ["app-password", "app-user"])
            let all = try await world.mount("select: {max: 100}")
            #expect(all.files.count == 11)
        }
    }

    @Test("Selectors can leave out the keys and secrets of certificates")
    func certificates() async throws {
        try await EmulatedEnvironment.with { world in
            let with = try await world.mount("select: {regex: \"s.*\"}")
            #expect(with.files.map(\.path) == ["sealed", "shared", "site", "site-modern", "site-pem"])
            let without = try await world.mount("select: {regex: \"s.*\", excludeCertificates: true}")
            #expect(without.files.map(\.path) == ["shared"])
            let own = try await world.mount("select: {type: cert, name: \"site*\"}\nfileName: \"{{name}}.crt\"")
            #expect(own.files.map(\.path) == ["site.crt", "site-modern.crt", "site-pem.crt"])
        }
    }
}
