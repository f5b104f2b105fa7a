import AzureEmulator
import Foundation
import ProviderTransport
import Testing

@Suite("An identity mode", .timeLimit(.minutes(20)))
struct IdentityModeTests {
    private static let plain = EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")])

    @Test(
        "a service principal reads its credentials from nodePublishSecretRef, in any letter case of the keys",
        arguments: [
            ["clientid": "11111111-aaaa-4aaa-8aaa-000000000007", "clientsecret": "s3cret~with+odd&characters="],
            ["ClientID": " 11111111-aaaa-4aaa-8aaa-000000000007\n", "CLIENTSECRET": "s3cret~with+odd&characters=\n"],
        ])
    func servicePrincipal(secrets: [String: String]) async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            var attributes = try await world.attributes(objects: Self.plain)
            attributes["clientID"] = nil
            let json = String(decoding: try JSONSerialization.data(withJSONObject: secrets), as: UTF8.self)
            #expect(try await world.mount(attributes, secrets: json).text("plain") == "plain value")
        }
    }

    @Test("a service principal's wrong secret is reported without its value")
    func wrongSecret() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            var attributes = try await world.attributes(objects: Self.plain)
            attributes["clientID"] = nil
            let json = "{\"clientid\":\"11111111-aaaa-4aaa-8aaa-000000000007\",\"clientsecret\":\"not-the-secret\"}"
            do {
                _ = try await world.mount(attributes, secrets: json)
                Issue.record("mounted")
            } catch let status as RPCStatus {
                #expect(status.code == .unauthenticated)
                #expect(status.message.contains("AADSTS7000215"))
                #expect(status.message.contains("ClientSecretCredential authentication failed"))
                #expect(!status.message.contains("not-the-secret"))
            }
        }
    }

    @Test("the node's system-assigned identity is used, or the user-assigned one that is named")
    func managedIdentity() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            var attributes = try await world.attributes(objects: Self.plain)
            attributes["useVMManagedIdentity"] = "true"
            // A client id belongs to another mode and is ignored, with or without a token for it.
            attributes["csi.storage.k8s.io/serviceAccount.tokens"] = nil
            #expect(try await world.mount(attributes).text("plain") == "plain value")
            attributes["userAssignedIdentityID"] = "11111111-aaaa-4aaa-8aaa-00000000000a"
            #expect(try await world.failure(attributes).code == .permissionDenied)
            attributes["objects"] = EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "shared")])
            #expect(try await world.mount(attributes).text("shared") == "for both teams")
        }
    }

    @Test("with aad-pod-identity, the node's agent gives the pod's identity")
    func podIdentity() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            var attributes = try await world.attributes(objects: Self.plain)
            attributes["usePodIdentity"] = "true"
            #expect(try await world.mount(attributes).text("plain") == "plain value")
        }
    }

    @Test("an AKS identity binding uses the token proxy, whose name is determined once")
    func tokenProxy() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            var attributes = try await world.attributes(objects: Self.plain)
            attributes["useAzureTokenProxy"] = "true"
            attributes["clientID"] = "11111111-aaaa-4aaa-8aaa-00000000000b"
            let token = try await world.token(audience: "api://AKSIdentityBinding")
            attributes["csi.storage.k8s.io/serviceAccount.tokens"] =
                "{\"api://AKSIdentityBinding\":{\"token\":\"\(token)\",\"expirationTimestamp\":\"2099-01-01T00:00:00Z\"}}"
            #expect(try await world.mount(attributes).text("plain") == "plain value")
            #expect(try await world.mount(attributes).text("plain") == "plain value")
            attributes["clientID"] = EmulatedEnvironment.reader
            #expect(try await world.failure(attributes).code == .unauthenticated)
        }
    }
}
