import Foundation
import TestSupport
import Testing

@testable import AzureEmulator

@Suite("Workload identity federation")
struct FederationTests {
    private static let subject = "system:serviceaccount:team-a:reader"

    /// Entra with one identity that has these federated credentials.
    private static func entra(
        _ credentials: FederatedCredential...
    ) async throws -> TestEntra {
        try await TestEntra([.test(federatedCredentials: credentials)])
    }

    private static func credential(
        issuer: String? = nil, subject: String = subject, audience: String? = nil
    ) -> FederatedCredential {
        FederatedCredential(name: nil, issuer: issuer, subject: subject, audience: audience)
    }

    @Test("A token with the issuer, subject and audience of a credential gets an access token for its identity")
    func accepted() async throws {
        let entra = try await Self.entra(Self.credential())
        let claims = try #require(try await entra.claims(for: try await entra.serviceAccountToken()))
        #expect(claims.appid == EntraIdentity.testClient)
        #expect(claims.tid == EntraIdentity.testTenant)
        #expect(claims.aud == "https://vault.azure.net")
        #expect(claims.exp == EmulatorClock.testTime + 3599)
    }

    @Test("An identity without federated credentials refuses every assertion")
    func noCredentials() async throws {
        let entra = try await Self.entra()
        let form = TestEntra.form(assertion: try await entra.serviceAccountToken())
        #expect(try await entra.error(for: form)?.number == 70025)
    }

    @Test("A token of another issuer is refused, and the error names the issuer")
    func otherIssuer() async throws {
        let entra = try await Self.entra(Self.credential(issuer: "https://oidc.example/another/"))
        let form = TestEntra.form(assertion: try await entra.serviceAccountToken())
        let error = try #require(try await entra.error(for: form))
        #expect(error.number == 700211)
        #expect(error.message.contains("issuer '\(TestEntra.issuer)'"))
    }

    @Test("The issuer must match exactly, including the trailing slash")
    func issuerWithoutSlash() async throws {
        let entra = try await Self.entra(Self.credential(issuer: String(TestEntra.issuer.dropLast())))
        let form = TestEntra.form(assertion: try await entra.serviceAccountToken())
        #expect(try await entra.error(for: form)?.number == 700211)
    }

    @Test("A token for another audience is refused, and the error names the audience")
    func otherAudience() async throws {
        let entra = try await Self.entra(Self.credential())
        let form = TestEntra.form(assertion: try await entra.serviceAccountToken(audience: "api://Other"))
        let error = try #require(try await entra.error(for: form))
        #expect(error.number == 700212)
        #expect(error.message.contains("audience 'api://Other'"))
    }

    @Test("A credential with its own audience accepts only that audience")
    func ownAudience() async throws {
        let entra = try await Self.entra(Self.credential(audience: "api://Other"))
        #expect(try await entra.claims(for: try await entra.serviceAccountToken(audience: "api://Other")) != nil)
        let form = TestEntra.form(assertion: try await entra.serviceAccountToken())
        #expect(try await entra.error(for: form)?.number == 700212)
    }

    @Test("A token of another service account is refused, and the error names its subject")
    func otherSubject() async throws {
        let entra = try await Self.entra(Self.credential())
        let form = TestEntra.form(assertion: try await entra.serviceAccountToken(namespace: "team-b"))
        let error = try #require(try await entra.error(for: form))
        #expect(error.number == 700213)
        #expect(error.message.contains("subject 'system:serviceaccount:team-b:reader'"))
    }

    @Test("A subject that differs only in case is refused with the error for that mistake")
    func subjectCase() async throws {
        let entra = try await Self.entra(Self.credential(subject: "system:serviceaccount:team-a:Reader"))
        let form = TestEntra.form(assertion: try await entra.serviceAccountToken())
        #expect(try await entra.error(for: form)?.number == 7_002_138)
    }

    @Test("Issuer, audience and subject must match in the same credential")
    func oneCredentialMatches() async throws {
        let entra = try await Self.entra(
            Self.credential(audience: "api://Other"),
            Self.credential(subject: "system:serviceaccount:team-a:writer"))
        let form = TestEntra.form(assertion: try await entra.serviceAccountToken())
        #expect(try await entra.error(for: form)?.number == 700213)
    }

    @Test("A token is accepted until the second before its expiry")
    func expiry() async throws {
        let entra = try await Self.entra(Self.credential())
        let token = try await entra.serviceAccountToken(lifetime: 600)
        entra.clock.advance(by: 599)
        #expect(try await entra.claims(for: token) != nil)
        entra.clock.advance(by: 1)
        #expect(try await entra.error(for: TestEntra.form(assertion: token))?.number == 700024)
    }

    @Test("A token may be up to five minutes ahead of Entra's clock")
    func notBefore() async throws {
        let entra = try await Self.entra(Self.credential())
        let token = try await entra.serviceAccountToken()
        entra.clock.advance(by: -300)
        #expect(try await entra.claims(for: token) != nil)
        entra.clock.advance(by: -1)
        #expect(try await entra.error(for: TestEntra.form(assertion: token))?.number == 700024)
    }

    @Test("A token that another key signed is refused although its claims match")
    func otherKey() async throws {
        let entra = try await Self.entra(Self.credential())
        let forged = try await entra.serviceAccountToken(from: try await TestEntra.foreignIssuer())
        #expect(try await entra.error(for: TestEntra.form(assertion: forged))?.number == 700027)
    }

    @Test("A token whose claims were changed after signing is refused")
    func changedClaims() async throws {
        let entra = try await Self.entra(Self.credential())
        let good = try await entra.serviceAccountToken().split(separator: ".")
        let other = try await entra.serviceAccountToken(lifetime: 7200).split(separator: ".")
        let forged = "\(good[0]).\(other[1]).\(good[2])"
        #expect(try await entra.error(for: TestEntra.form(assertion: forged))?.number == 700027)
    }

    @Test("A token with another algorithm than RS256 is refused", arguments: ["none", "HS256", "RS512"])
    func algorithm(name: String) async throws {
        let entra = try await Self.entra(Self.credential())
        let parts = try await entra.serviceAccountToken().split(separator: ".")
        let header = Data(#"{"alg":"\#(name)","typ":"JWT"}"#.utf8).base64URL
        let form = TestEntra.form(assertion: "\(header).\(parts[1]).\(parts[2])")
        #expect(try await entra.error(for: form)?.number == 700027)
    }

    @Test("An assertion that is not a token is refused", arguments: ["x", "a.b.c", "..."])
    func malformed(assertion: String) async throws {
        let entra = try await Self.entra(Self.credential())
        #expect(try await entra.error(for: TestEntra.form(assertion: assertion))?.number == 50027)
    }

    // MARK: - Other issuers

    @Test("The keys of another issuer are read from the file that the seed names")
    func issuerWithFile() async throws {
        let url = "https://oidc.example/other-cluster/"
        let other = try await TestEntra.foreignIssuer(url: url)
        try await TemporaryDirectory.with { directory in
            try directory.write(try await other.keySet(), to: "jwks.json")
            let entra = try await TestEntra(
                [.test(federatedCredentials: [Self.credential(issuer: url)])],
                issuers: [TrustedIssuer(url: url, jwks: "jwks.json")],
                seedDirectory: URL(fileURLWithPath: directory.path, isDirectory: true))
            let token = try await entra.serviceAccountToken(from: other)
            #expect(try await entra.claims(for: token) != nil)
            let forged = try await entra.serviceAccountToken(from: try await TestEntra.cluster(url: url))
            #expect(try await entra.error(for: TestEntra.form(assertion: forged))?.number == 700027)
        }
    }

    @Test("An issuer without a readable key set is refused with the error of Entra's own request")
    func issuerWithoutKeys() async throws {
        let url = "https://oidc.example/other-cluster/"
        let other = try await TestEntra.foreignIssuer(url: url)
        for issuers in [[], [TrustedIssuer(url: url, jwks: "missing.json")]] {
            let entra = try await TestEntra(
                [.test(federatedCredentials: [Self.credential(issuer: url)])], issuers: issuers)
            let form = TestEntra.form(assertion: try await entra.serviceAccountToken(from: other))
            #expect(try await entra.error(for: form)?.number == 90061)
        }
    }

    // MARK: - Identity bindings

    @Test("The token proxy accepts a bound service account, and Entra itself does not")
    func binding() async throws {
        let entra = try await TestEntra([.test(boundServiceAccounts: [Self.subject])])
        let token = try await entra.serviceAccountToken(audience: "api://AKSIdentityBinding")
        #expect(try await entra.claims(for: token, isThroughProxy: true) != nil)
        #expect(try await entra.error(for: TestEntra.form(assertion: token))?.number == 70025)
    }

    @Test("The token proxy refuses other service accounts, other audiences, expired and forged tokens")
    func bindingRefusals() async throws {
        let entra = try await TestEntra([
            .test(federatedCredentials: [Self.credential()], boundServiceAccounts: [Self.subject])
        ])
        let audience = "api://AKSIdentityBinding"
        let tokens = [
            try await entra.serviceAccountToken(name: "writer", audience: audience): 700213,
            try await entra.serviceAccountToken(): 700213,
            try await entra.serviceAccountToken(audience: audience, lifetime: 0): 700213,
            try await entra.serviceAccountToken(from: try await TestEntra.foreignIssuer(), audience: audience): 700027,
        ]
        for (token, number) in tokens {
            let form = TestEntra.form(assertion: token)
            #expect(try await entra.error(for: form, isThroughProxy: true)?.number == number)
        }
    }
}
