import Azure
import AzureEmulator
import Foundation
import ProviderTransport
import TestSupport
import Testing

@Suite("The cluster's token proxy", .timeLimit(.minutes(20)))
struct TokenProxyTests {
    private static func attributes(_ world: EmulatedEnvironment) async throws -> [String: String] {
        var attributes = try await world.attributes(
            objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]))
        attributes["useAzureTokenProxy"] = "true"
        attributes["clientID"] = "11111111-aaaa-4aaa-8aaa-00000000000b"
        let token = try await world.token(audience: "api://AKSIdentityBinding")
        attributes["csi.storage.k8s.io/serviceAccount.tokens"] =
            "{\"api://AKSIdentityBinding\":{\"token\":\"\(token)\",\"expirationTimestamp\":\"2099-01-01T00:00:00Z\"}}"
        return attributes
    }

    /// The result of a mount with a token that was not sent before.
    private static func value(_ world: EmulatedEnvironment) async throws -> String {
        try await world.mount(try await attributes(world)).text("plain")
    }

    @Test("the proxy is requested with the authority's Host, below its prefix, and never through an HTTP proxy")
    func onTheWire() async throws {
        let requests = RecordedRequests()
        try await EmulatedEnvironment.with(keys: false, requests: requests) { world in
            let value = try await Self.value(world)
            #expect(value == "plain value")
            #expect(
                requests.hosts(ofPathsWith: "/token-proxy/\(EmulatedEnvironment.tenant)/oauth2/v2.0/token")
                    == ["login.microsoftonline.com"])
            #expect(requests.hosts(ofPathsWith: "/oauth2/v2.0/token").count == 1)
            // The HTTP proxy gets only the request for the vault.
            #expect(world.emulator.callCounts.connections == 1)
        }
    }

    @Test("a proxy that the first mount could not find is found by the next one")
    func secondStart() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let file = URL(fileURLWithPath: world.tokens.tokenProxy.authorityFile)
            let authority = try Data(contentsOf: file)
            let attributes = try await Self.attributes(world)
            let other = Data(try Material.shared.get().text("root.crt").utf8)
            for (contents, words) in [
                (Data(), "no valid certificates found in"),
                (other, "extract cluster ID from API server certificate: TLS connect to API server"),
            ] {
                try contents.write(to: file)
                let status = try await world.failure(attributes)
                #expect(status.code == .failedPrecondition)
                #expect(status.message.contains("proxy transport not available"))
                #expect(status.message.contains(words), "\(status.message)")
            }
            try authority.write(to: file)
            #expect(try await world.mount(attributes).text("plain") == "plain value")
        }
    }

    @Test("the proxy is verified with the current content of its authority's file")
    func authorityRotation() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let file = URL(fileURLWithPath: world.tokens.tokenProxy.authorityFile)
            let authority = try Data(contentsOf: file)
            #expect(try await Self.value(world) == "plain value")
            try Data(try Material.shared.get().text("root.crt").utf8).write(to: file)
            let status = try await world.failure(try await Self.attributes(world))
            #expect(status.code == .internal)
            #expect(status.message.contains("TLS"), "\(status.message)")
            #expect(status.message.contains("the cluster's token proxy"), "\(status.message)")
            // First the old authority is valid again, and then the file is empty, as during its replacement.
            try authority.write(to: file)
            #expect(try await Self.value(world) == "plain value")
            try Data().write(to: file)
            #expect(try await Self.value(world) == "plain value")
        }
    }

    @Test("the process's own roots do not make the proxy trusted")
    func ownRoots() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            try Data(try Material.shared.get().text("root.crt").utf8).write(
                to: URL(fileURLWithPath: world.tokens.tokenProxy.authorityFile))
            let attributes = try await Self.attributes(world)
            #expect(try await world.failure(attributes).code == .failedPrecondition)
        }
    }
}
