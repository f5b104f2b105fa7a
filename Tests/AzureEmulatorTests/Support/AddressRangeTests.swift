import Testing

@testable import AzureEmulator

@Suite("Ranges of addresses")
struct AddressRangeTests {
    @Test(
        "A range contains the addresses with its prefix",
        arguments: [
            ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7", "192.0.2.8", false), ("192.0.2.0/24", "192.0.2.255", true),
            ("192.0.2.0/24", "192.0.3.0", false), ("192.0.2.128/25", "192.0.2.127", false),
            ("192.0.2.128/25", "192.0.2.128", true), ("10.0.0.0/12", "10.15.255.255", true),
            ("10.0.0.0/12", "10.16.0.0", false), ("0.0.0.0/0", "255.255.255.255", true),
            ("2001:db8::/32", "2001:db8:1::1", true), ("2001:db8::/32", "2001:db9::1", false),
            ("0.0.0.0/0", "::1", false), ("::/0", "127.0.0.1", false),
        ])
    func contains(range: String, address: String, expected: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(AddressRange(address)) == expected)
    }

    @Test(
        "Other texts are not ranges",
        arguments: ["", "/", "10.0.0", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8", "::/129", "host"])
    func invalid(text: String) {
        #expect(AddressRange(text) == nil)
    }
}
