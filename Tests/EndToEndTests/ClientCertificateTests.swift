import AzureEmulator
import Foundation
import ProviderTransport
import TestSupport
import Testing

@Suite("A service principal with a certificate", .timeLimit(.minutes(20)))
struct ClientCertificateTests {
    private static let clientID = "11111111-aaaa-4aaa-8aaa-000000000007"

    /// The tests' seed, in which the application registered `certificate`.
    private static func seed(registering certificate: String, as name: String = "application") throws -> Seed {
        var seed = try Seed(yaml: try String(contentsOf: Fixtures.url("azure.yaml"), encoding: .utf8))
        for index in seed.identities?.indices ?? 0..<0 where seed.identities?[index].name == name {
            seed.identities?[index].clientCertificates = [certificate]
        }
        return seed
    }

    /// The request's attributes and secrets for a mount with `certificate`.
    private static func request(
        _ world: EmulatedEnvironment, certificate: String
    ) async throws -> (attributes: [String: String], secrets: String) {
        var attributes = try await world.attributes(
            objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]))
        attributes["clientID"] = nil
        let secrets = try JSONSerialization.data(
            withJSONObject: ["clientid": clientID, "clientcertificate": certificate])
        return (attributes, String(decoding: secrets, as: UTF8.self))
    }

    private static func pair() throws -> (key: String, certificate: String) {
        let material = try Material.shared.get()
        return (try material.text("rsa.key"), try material.text("rsa.crt"))
    }

    @Test("a mount succeeds with a PEM and with a PKCS#12 certificate")
    func mounts() async throws {
        let (key, certificate) = try Self.pair()
        let pfx = try Material.shared.get().text("pfx rsa rsa,intermediate,root")
        try await EmulatedEnvironment.with(keys: false, seed: try Self.seed(registering: certificate)) { world in
            for text in [key + certificate, pfx] {
                let (attributes, secrets) = try await Self.request(world, certificate: text)
                #expect(try await world.mount(attributes, secrets: secrets).text("plain") == "plain value")
            }
        }
    }

    @Test("an unregistered certificate is refused with the command that registers it")
    func unregistered() async throws {
        let (key, certificate) = try Self.pair()
        try await EmulatedEnvironment.with(keys: false, seed: try Self.seed(registering: certificate, as: "stranger")) {
            world in
            let (attributes, secrets) = try await Self.request(world, certificate: key + certificate)
            let status = try await world.failure(attributes, secrets: secrets)
            #expect(status.code == .unauthenticated)
            for words in [
                "ClientCertificateCredential authentication failed", "AADSTS700027", "az ad app credential reset",
                "certificate thumbprint: ", "certificate expires: 20",
            ] {
                #expect(status.message.contains(words), "\(status.message)")
            }
            #expect(!status.message.contains(key.split(separator: "\n")[1]))
        }
    }

    @Test("a certificate's assertion is refused if the clocks differ")
    func clock() async throws {
        let (key, certificate) = try Self.pair()
        try await EmulatedEnvironment.with(keys: false, seed: try Self.seed(registering: certificate)) { world in
            let (attributes, secrets) = try await Self.request(world, certificate: key + certificate)
            world.clock.advance(by: 3600)
            let status = try await world.failure(attributes, secrets: secrets)
            #expect(status.message.contains("AADSTS700024"))
            #expect(status.message.contains("check the node's clock"))
        }
    }
}
