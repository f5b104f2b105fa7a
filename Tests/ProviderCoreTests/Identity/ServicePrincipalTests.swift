import Foundation
import ProviderCore
import TestSupport
import Testing

@Suite("A service principal's Secret")
struct ServicePrincipalTests {
    private static let clientID = "1f2d3c4b-0000-4000-8000-000000000002"

    /// A time at which the certificates of this run are valid.
    private static let now = Int(Date().timeIntervalSince1970) + 60

    private func identity(_ secrets: [String: String], now: Int = now) throws -> Identity {
        let attributes = ValidMount.attributes(changing: ["clientID": nil])
        return try MountConfiguration(
            validating: try mountRequest(attributes, secrets: secrets),
            MountConfiguration.Environment(
                defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: now)
        ).identity
    }

    private func failure(_ secrets: [String: String], now: Int = now) throws -> ProviderError {
        do {
            _ = try identity(secrets, now: now)
        } catch let error as ProviderError {
            return error
        }
        throw Taken()
    }

    private struct Taken: Error {}

    private func pair() throws -> String {
        let material = try TestKeys.shared.get()
        return String(
            decoding: try #require(material.keys[.rsa]) + #require(material.leaves[.rsa]), as: UTF8.self)
    }

    @Test(
        "a certificate may replace the client secret, under a key of any letter case",
        arguments: ["clientcertificate", "ClientCertificate"])
    func certificate(key: String) throws {
        let identity = try identity(["clientid": Self.clientID, key: try pair()])
        guard case .certificatePrincipal(Self.clientID, let certificate) = identity else {
            Issue.record("\(identity)")
            return
        }
        #expect(identity.mode == .servicePrincipal)
        #expect(identity.clientID == Self.clientID)
        let pem = try pair()
        for rendering in renderings(of: identity) + renderings(of: certificate) {
            #expect(!rendering.contains(pem.split(separator: "\n")[1]))
        }
    }

    @Test("a password keeps its blanks, and loses the line break at its end", arguments: ["", "\n", "\r\n"])
    func passwordWithBlanks(end: String) throws {
        let material = try TestKeys.shared.get()
        let leaf = try #require(material.leaves[.rsa])
        let file = try material.pkcs12(key: .rsa, certificates: [leaf], password: " a b ")
        let text = Data(file.exposedBytes).base64EncodedString()
        let identity = try identity([
            "clientid": Self.clientID, "clientcertificate": text, "clientcertificatepassword": " a b " + end,
        ])
        if case .certificatePrincipal = identity { return }
        Issue.record("\(identity)")
    }

    @Test("with a secret and a certificate, the secret is used, as in upstream")
    func both() throws {
        let identity = try identity(["clientid": Self.clientID, "clientsecret": "s", "clientcertificate": "nonsense"])
        guard case .servicePrincipal(Self.clientID, let secret) = identity else {
            Issue.record("\(identity)")
            return
        }
        #expect(secret.exposedText == "s")
    }

    @Test("with an empty secret, the certificate is used")
    func emptySecret() throws {
        let identity = try identity(["clientid": Self.clientID, "clientsecret": "\n", "clientcertificate": try pair()])
        #expect(identity.mode == .servicePrincipal)
        if case .servicePrincipal = identity { Issue.record("the empty secret is used") }
    }

    @Test("a password opens an encrypted file")
    func password() throws {
        let material = try TestKeys.shared.get()
        let file = try material.pkcs12(
            key: .rsa, certificates: [try #require(material.leaves[.rsa])], password: "word")
        let base64 = Data(file.exposedBytes).base64EncodedString()
        let secrets = ["clientid": Self.clientID, "clientcertificate": base64]
        _ = try identity(secrets.merging(["ClientCertificatePassword": "word\n"]) { $1 })
        let error = try failure(secrets)
        #expect(error.code == .credentialsInvalid)
        #expect(error.message.contains("clientcertificate in secrets cannot be used: it cannot be opened as PKCS#12"))
        #expect(error.hint.contains("clientcertificatepassword"))
    }

    @Test("without a secret and a certificate, the error lists the possible keys")
    func neither() throws {
        let error = try failure(["clientid": Self.clientID, "clientcertificatepassword": "word"])
        #expect(error.code == .credentialsMissing)
        #expect(error.message.hasSuffix("could not find clientsecret in secrets"))
        #expect(error.hint.contains("clientsecret or clientcertificate"))
    }

    @Test("a certificate outside its dates is refused before it is sent")
    func dates() throws {
        let secrets = ["clientid": Self.clientID, "clientcertificate": try pair()]
        let expired = try failure(secrets, now: Self.now + 3 * 86_400)
        #expect(expired.code == .credentialsInvalid)
        #expect(expired.message.contains("the certificate expired at 20"))
        let early = try failure(secrets, now: Self.now - 3 * 86_400)
        #expect(early.message.contains("is not valid before 20"))
        #expect(early.hint.contains("clock"))
    }
}
