import Azure
import Testing

@Suite("A certificate's name")
struct CertificateNameTests {
    @Test(
        "a certificate covers its host, and with a wildcard exactly one label",
        arguments: [
            ("kv.vault.azure.net", "kv.vault.azure.net", true), ("KV.vault.azure.NET.", "kv.VAULT.azure.net", true),
            ("*.vault.azure.net", "kv.vault.azure.net", true), ("*.vault.azure.net", "vault.azure.net", false),
            ("*.vault.azure.net", "a.kv.vault.azure.net", false), ("*.vault.azure.net", ".vault.azure.net", false),
            ("*.vault.azure.net", "kv.vault.azure.net.evil.example", false),
            ("k*.vault.azure.net", "kv.vault.azure.net", false),
            ("kv.*.azure.net", "kv.vault.azure.net", false), ("*.net", "azure.net", false), ("*", "localhost", false),
            ("", "", false), ("*.", "a", false),
            // The Kelvin sign is not a K, and no DNS name has it.
            ("\u{212A}v.vault.azure.net", "kv.vault.azure.net", false),
            ("*.b\u{212A}.example", "a.bk.example", false),
        ])
    func covers(name: String, host: String, expected: Bool) {
        #expect(CertificateName.covers(name, host) == expected)
    }
}
