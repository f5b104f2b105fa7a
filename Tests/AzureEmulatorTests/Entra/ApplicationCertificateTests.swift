import Crypto
import CryptoExtras
import Foundation
import Testing

@testable import AzureEmulator

@Suite("An assertion that an application signs with its certificate")
struct ApplicationCertificateTests {
    /// The generation of RSA keys is slow, so all tests share them.
    private static let registered = Result { try issue() }
    private static let other = Result { try issue() }

    private static func issue() throws -> IssuedCertificate {
        // Valid from the time of a frozen clock.
        let now = EmulatorClock.frozen().now
        return try CertificateFactory.issue(.init(subject: "CN=application"), now: now)
    }

    private static func entra() async throws -> TestEntra {
        try await TestEntra([.test(clientCertificates: [try registered.get().chainPEM])])
    }

    /// The parts of an assertion that the tests change.
    private struct Assertion {
        var claims: [String: Any] = [
            "iss": EntraIdentity.testClient, "sub": EntraIdentity.testClient, "aud": TestEntra.endpoint,
            "nbf": EmulatorClock.testTime, "exp": EmulatorClock.testTime + 600,
        ]
        var algorithm = "PS256"
        /// The certificate that the header names.
        var named: IssuedCertificate
        /// The key that signs.
        var signer: IssuedCertificate

        init(named: IssuedCertificate, signer: IssuedCertificate? = nil) {
            self.named = named
            self.signer = signer ?? named
        }

        func text() throws -> String {
            let thumbprint = Data(SHA256.hash(data: named.chain[0])).base64URL
            let header = try JSON.data(["alg": algorithm, "x5t#S256": thumbprint]).base64URL
            let signed = try "\(header).\(JSON.data(claims).base64URL)"
            let key = try _RSA.Signing.PrivateKey(pemRepresentation: signer.key.pem)
            let signature = try key.signature(
                for: Data(signed.utf8), padding: algorithm == "PS256" ? .PSS : .insecurePKCS1v1_5)
            return "\(signed).\(signature.rawRepresentation.base64URL)"
        }
    }

    private static func error(
        _ change: (inout Assertion) throws -> Void, in entra: TestEntra
    ) async throws -> EntraError? {
        var assertion = Assertion(named: try registered.get())
        try change(&assertion)
        return try await entra.error(for: TestEntra.form(assertion: try assertion.text()))
    }

    @Test("Both RSA signature algorithms are accepted", arguments: ["PS256", "RS256"])
    func accepted(algorithm: String) async throws {
        #expect(try await Self.error({ $0.algorithm = algorithm }, in: try await Self.entra()) == nil)
    }

    @Test("Another algorithm is refused")
    func otherAlgorithm() async throws {
        #expect(try await Self.error({ $0.algorithm = "RS512" }, in: try await Self.entra())?.number == 700027)
    }

    @Test("A certificate that is not registered is refused")
    func notRegistered() async throws {
        let error = try await Self.error({ $0 = Assertion(named: try Self.other.get()) }, in: try await Self.entra())
        #expect(error?.number == 700027)
        #expect(error?.message.contains("The key was not found.") == true)
    }

    @Test("The signature of another key is refused although the header names a registered certificate")
    func otherKey() async throws {
        let error = try await Self.error(
            { $0 = Assertion(named: try Self.registered.get(), signer: try Self.other.get()) },
            in: try await Self.entra())
        #expect(error?.number == 700027)
        #expect(error?.message.contains("verify the signature failed") == true)
    }

    @Test("The audience must be the URL of the token endpoint")
    func audience() async throws {
        let error = try await Self.error(
            { $0.claims["aud"] = "https://login.microsoftonline.com/" }, in: try await Self.entra())
        #expect(error?.number == 700023)
    }

    @Test("Issuer and subject must be the client", arguments: ["iss", "sub"])
    func subject(claim: String) async throws {
        let error = try await Self.error({ $0.claims[claim] = "another" }, in: try await Self.entra())
        #expect(error?.number == 700021)
    }

    @Test("An assertion is refused once it has expired")
    func expired() async throws {
        let entra = try await Self.entra()
        entra.clock.advance(by: 600)
        #expect(try await Self.error({ _ in }, in: entra)?.number == 700024)
    }

    @Test("An assertion may be up to five minutes ahead of Entra's clock")
    func notBefore() async throws {
        let entra = try await Self.entra()
        #expect(try await Self.error({ $0.claims["nbf"] = EmulatorClock.testTime + 300 }, in: entra) == nil)
        #expect(
            try await Self.error({ $0.claims["nbf"] = EmulatorClock.testTime + 301 }, in: entra)?.number == 700024)
    }

    @Test("A registered certificate is refused once it has expired")
    func expiredCertificate() async throws {
        let entra = try await Self.entra()
        let year: TimeInterval = 366 * 86_400
        entra.clock.advance(by: year)
        let error = try await Self.error(
            { $0.claims["exp"] = EmulatorClock.testTime + Int(year) + 600 }, in: entra)
        #expect(error?.number == 700027)
        #expect(error?.message.contains("The key used is expired.") == true)
    }

    @Test("A certificate that cannot be read is an error at the start, and the error names the identity")
    func unreadable() async throws {
        let error = await #expect(throws: EmulatorError.self) {
            _ = try await TestEntra([.test(name: "release", clientCertificates: ["missing.pem"])])
        }
        #expect(error?.description.hasPrefix("a certificate of the identity release cannot be used") == true)
    }
}
