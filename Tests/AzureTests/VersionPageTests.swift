import Testing

@testable import Azure

@Suite("A page of versions")
struct VersionPageTests {
    @Test(
        "a page may have a link to the next page in the same vault, with or without a port",
        arguments: [
            ("https://kv.vault.azure.net/secrets/a?$skiptoken=x", "https://kv.vault.azure.net/secrets/a?$skiptoken=x"),
            ("HTTPS://KV.vault.azure.net:443/secrets/a", "https://kv.vault.azure.net/secrets/a"),
        ])
    func followed(link: String, followed: String) {
        #expect(VersionPage.link(link, onHost: "kv.vault.azure.net") == followed)
    }

    @Test(
        "a page is refused if its link points to another host or is not a URL",
        arguments: [
            "http://kv.vault.azure.net/", "https://other.vault.azure.net/", "https://kv.vault.azure.net:8443/",
            "https://kv.vault.azure.net", "https://kv.vault.azure.net@evil/", "https://kv.vault.azure.net\\@evil/",
            "https://kv.vault.azure.net/a b", "https://kv.vault.azure.net/a\r\nX: y",
            "https://kv.vault.azure.net/secrets/\u{FFFD}", "https://kv.vault.azure.net/\u{301}", "",
        ])
    func refused(link: String) {
        #expect(VersionPage.link(link, onHost: "kv.vault.azure.net") == nil)
    }
}
