import Foundation
import Testing
import X509

@testable import AzureEmulator

@Suite("A certificate's policy")
struct CertificatePolicyTests {
    private static func policy(_ json: String) throws -> CertificatePolicy {
        try JSONDecoder().decode(CertificatePolicy.self, from: Data(json.utf8))
    }

    @Test("An empty policy gets Key Vault's defaults")
    func defaults() throws {
        let policy = CertificatePolicy().withDefaults()
        #expect(policy.keyProperties?.kty == "RSA")
        #expect(policy.keyProperties?.keySize == 2048)
        #expect(policy.keyProperties?.exportable == true)
        #expect(policy.keyProperties?.reuseKey == false)
        #expect(policy.contentType == "application/x-pkcs12")
        #expect(policy.x509Properties?.validityMonths == 12)
        #expect(policy.x509Properties?.keyUsage == ["digitalSignature", "keyEncipherment"])
        #expect(policy.issuer?.name == "Self")
    }

    @Test("An elliptic curve key gets a curve and no size")
    func curveDefault() throws {
        let policy = try Self.policy(#"{"key_props":{"kty":"EC"}}"#).withDefaults()
        #expect(policy.keyProperties?.crv == "P-256")
        #expect(policy.keyProperties?.keySize == nil)
    }

    @Test("Values that the policy sets are kept")
    func keepsMembers() throws {
        let policy = try Self.policy(
            #"{"key_props":{"kty":"RSA","key_size":4096,"exportable":false},"x509_props":{"validity_months":3}}"#
        ).withDefaults()
        #expect(policy.keyProperties?.keySize == 4096)
        #expect(policy.isExportable == false)
        #expect(policy.x509Properties?.validityMonths == 3)
    }

    @Test("A change replaces whole members and keeps the others")
    func merging() throws {
        let policy = try Self.policy(
            #"{"key_props":{"kty":"EC","crv":"P-384"},"x509_props":{"subject":"CN=old"},"issuer":{"name":"Unknown"}}"#)
        let changed = policy.merging(try Self.policy(#"{"x509_props":{"validity_months":6}}"#))
        #expect(changed.keyProperties?.crv == "P-384")
        #expect(changed.issuer?.name == "Unknown")
        #expect(changed.x509Properties?.subject == nil)
        #expect(changed.x509Properties?.validityMonths == 6)
    }

    @Test(
        "A policy that Key Vault or the emulator cannot issue is refused with the reason",
        arguments: [
            (#"{"issuer":{"name":"DigiCert"},"x509_props":{"subject":"CN=x"}}"#, "The issuer DigiCert does not exist"),
            (#"{"secret_props":{"contentType":"text/plain"},"x509_props":{"subject":"CN=x"}}"#, "text/plain"),
            (#"{"key_props":{"key_size":1024},"x509_props":{"subject":"CN=x"}}"#, "RSA, P-256, 1024"),
            (#"{"key_props":{"kty":"EC","crv":"P-256K"},"x509_props":{"subject":"CN=x"}}"#, "P-256K"),
            (#"{"key_props":{"kty":"oct"},"x509_props":{"subject":"CN=x"}}"#, "oct"),
            (#"{"x509_props":{"subject":"CN=x","validity_months":0}}"#, "validity_months"),
            (#"{"x509_props":{"subject":"CN=x","validity_months":1201}}"#, "validity_months"),
            (#"{}"#, "needs a subject"),
        ])
    func errors(json: String, reason: String) throws {
        let error = try #require(
            throws: CertificateInputError.self, performing: { try Self.policy(json).specification() })
        #expect(error.description.contains(reason))
    }

    @Test("Alternative names replace a missing subject")
    func alternativeNames() throws {
        let specification = try Self.policy(
            #"{"x509_props":{"sans":{"dns_names":["shop.example","www.shop.example"],"emails":["a@shop.example"]}}}"#
        ).specification()
        #expect(specification.subject == "CN=shop.example")
        #expect(
            specification.alternativeNames == [
                .dnsName("shop.example"), .dnsName("www.shop.example"), .rfc822Name("a@shop.example"),
            ])
    }

    @Test("An HSM's key type gives a certificate with a key of the same kind")
    func hsm() throws {
        let specification = try Self.policy(
            #"{"key_props":{"kty":"EC-HSM","crv":"P-384"},"x509_props":{"subject":"CN=x","validity_months":24}}"#
        ).specification()
        #expect(specification.type == "EC")
        #expect(specification.curve == "P-384")
        #expect(specification.months == 24)
    }

    @Test("An imported certificate fills in its key, subject and lifetime")
    func description() throws {
        let imported = try CertificateFactory.issue(
            .init(subject: "CN=shop.example", type: "EC", curve: "P-384", months: 24), now: EmulatorClock.frozen().now)
        var policy = CertificatePolicy()
        try policy.describe(imported)
        #expect(policy.keyProperties?.kty == "EC")
        #expect(policy.keyProperties?.crv == "P-384")
        #expect(policy.x509Properties?.subject == "CN=shop.example")
        #expect(policy.x509Properties?.validityMonths == 24)
        #expect(policy.issuer?.name == "Unknown")
    }
}
