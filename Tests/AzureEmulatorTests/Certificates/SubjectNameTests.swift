import Testing
import X509

@testable import AzureEmulator

@Suite("A certificate's subject")
struct SubjectNameTests {
    @Test(
        "The text starts with the most specific part and the certificate ends with it",
        arguments: [
            ("CN=shop.example", "CN=shop.example"), ("cn = shop.example , O=Shop", "O=Shop,CN=shop.example"),
            ("CN=a, OU=b, O=c, L=d, S=e, C=DE", "C=DE,ST=e,L=d,O=c,OU=b,CN=a"),
            ("CN=x=y", "CN=x=y"),
        ])
    func names(text: String, parts: String) throws {
        let name = try SubjectName.parse(text)
        // The description starts with the most specific part (RFC 4514).
        #expect(
            name.reversed().map { "\($0)" }.joined(separator: ",")
                == parts.split(separator: ",").reversed().joined(separator: ","))
    }

    @Test("Quotation marks protect commas")
    func quotes() throws {
        let name = try SubjectName.parse(#"CN=shop, O="Shop, Ltd.""#)
        #expect(name.count == 2)
        #expect(name.first?.first?.value == .init(utf8String: "Shop, Ltd."))
    }

    @Test("A text that is not an X.500 name is refused", arguments: ["", "shop.example", "CN=", "XX=a", "CN=a, b"])
    func invalid(text: String) {
        #expect(throws: CertificateInputError.self) { try SubjectName.parse(text) }
    }
}
