import Budgets
import KeyMaterial
import ProviderCore
import SecretMemory
import TestSupport
import Testing

/// The libraries' arithmetic cannot be interrupted, so it has to be spent before it begins.
@Suite("The cost of arithmetic with keys")
struct KeyArithmeticTests {
    /// Whether a mount's budget of `steps` steps is enough for `work`. The work itself may fail.
    private static func suffices(_ steps: Int, for work: () throws -> some Any) -> Bool {
        MountBudget(MountBudget.Limits(steps: 1 << 30)).run(upTo: steps) { Result { try work() } } != nil
    }

    private static func key(_ kind: TestKeys.Key) throws -> SecretBytes {
        SecretBytes(try TestKeys.shared.get().canonical(kind))
    }

    @Test("a client certificate spends the check of its RSA key")
    func clientCertificate() throws {
        let material = try TestKeys.shared.get()
        let text = SecretBytes(try #require(material.keys[.rsa]) + (try #require(material.leaves[.rsa])))
        #expect(!Self.suffices(1000) { try ClientCertificate(parsing: text) })
        #expect(Self.suffices(10_000) { try ClientCertificate(parsing: text) })
    }

    @Test("a comparison of an RSA key's numbers is spent")
    func rsa() throws {
        let key = try PrivateKey(pkcs8: Self.key(.rsa))
        #expect(!Self.suffices(1000) { key.isConsistent })
        #expect(Self.suffices(10_000) { key.isConsistent })
    }

    @Test(
        "the public point of a private key is spent by its curve",
        arguments: [(.p256, 100, 1000), (.p384, 1000, 10_000), (.p521, 10_000, 20_000)] as [(TestKeys.Key, Int, Int)])
    func points(kind: TestKeys.Key, few: Int, enough: Int) throws {
        let key = try Self.key(kind)
        #expect(!Self.suffices(few) { try PrivateKey(pkcs8: key) })
        #expect(Self.suffices(enough) { try PrivateKey(pkcs8: key) })
    }

    @Test(
        "a compressed public point equals the long one, and its computation is spent by its curve",
        arguments: [(.p256, 250), (.p384, 400), (.p521, 800)] as [(TestKeys.Key, Int)])
    func compressedPoints(kind: TestKeys.Key, few: Int) throws {
        let directory = try TemporaryDirectory()
        try directory.write(try #require(try TestKeys.shared.get().keys[kind]), to: "key.pem")
        func certificate(_ form: String) throws -> SecretBytes {
            try run(["openssl", "ec", "-in", "key.pem", "-conv_form", form, "-out", "\(form).pem"], in: directory)
            return SecretBytes(
                try run(
                    ["openssl", "req", "-x509", "-key", "\(form).pem", "-subj", "/CN=leaf", "-outform", "DER"],
                    in: directory))
        }
        let (short, long) = (try certificate("compressed"), try certificate("uncompressed"))
        #expect(short.count < long.count)
        #expect(try X509Certificate(short).publicKey == X509Certificate(long).publicKey)
        #expect(!Self.suffices(few) { try X509Certificate(short) })
        #expect(Self.suffices(few) { try X509Certificate(long) })
        #expect(Self.suffices(2000) { try X509Certificate(short) })
    }

    @Test("the check of an RSA key costs the square of its length, up to the length that the library accepts")
    func length() {
        func spends(bytes: Int, within steps: Int) -> Bool {
            Self.suffices(steps) { _ = MountBudget.spend(rsaKeyBytes: bytes, on: .reading) }
        }
        // The lengths of keys with 2048, 4096 and 8192 bits. A thread that serves other mounts computes for 20,000
        // steps at most.
        #expect(spends(bytes: 1193, within: 5000))
        #expect(spends(bytes: 2348, within: 20_000))
        #expect(!spends(bytes: 4653, within: 20_000))
        #expect(spends(bytes: .max, within: 200_000))
    }
}
