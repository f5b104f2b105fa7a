import ProviderCore
import SecretMemory
import Testing

@Suite("MountRequest")
struct MountRequestTests {
    private static func decode(
        attributes: String = "{}", secrets: String = "null", permission: String = "420"
    ) throws(ProviderError) -> MountRequest {
        try MountRequest(
            attributes: SecretBytes(attributes), secrets: SecretBytes(secrets), permission: permission,
            targetPath: "/target")
    }

    @Test("A request from the driver is decoded")
    func decodes() throws {
        let request = try Self.decode(
            attributes: #"{"keyvaultName":" kv\t","n":null}"#, secrets: #"{"clientsecret":" s\n","empty":""}"#)
        #expect(request.attributes["keyvaultName"] == "kv")
        #expect(request.attributes["n"] == "")
        #expect(request.attributes["absent"] == "")
        #expect(Set(request.attributes.keys) == ["keyvaultName", "n"])
        // A credential is not trimmed: its white space may belong to it.
        #expect(request.secrets?.secret("clientsecret")?.exposedText == " s\n")
        #expect(request.secrets?.secret("empty") == nil)
        #expect(request.secrets?.secret("absent") == nil)
        #expect(request.defaultMode == FilePermission(octal: "0644"))
        #expect(request.targetPath == "/target")
    }

    @Test("A request that is larger than Kubernetes allows is refused before it is read")
    func tooLarge() throws {
        let space = String(repeating: " ", count: 8 << 20)
        for (attributes, secrets) in [("{}" + space, "null"), ("{}", "null" + space)] {
            let error = #expect(throws: ProviderError.self) {
                try Self.decode(attributes: attributes, secrets: secrets)
            }
            #expect(error?.code == .requestMalformed)
            #expect(error?.message.contains("at most 8388608") == true)
        }
        #expect(try Self.decode(attributes: "{}" + space.dropLast(6)).attributes.keys.isEmpty)
    }

    @Test("For secrets, the literal null means an absent field, and an empty object means no keys")
    func nullSecrets() throws {
        #expect(try Self.decode(secrets: "null").secrets == nil)
        #expect(try Self.decode(secrets: " null ").secrets == nil)
        #expect(try Self.decode(secrets: "{}").secrets?.keys.isEmpty == true)
    }

    @Test("The last of duplicate attributes counts, even if it is null")
    func duplicates() throws {
        #expect(try Self.decode(attributes: #"{"a":"1","a":"2"}"#).attributes["a"] == "2")
        #expect(try Self.decode(attributes: #"{"a":"1","a":null}"#).attributes["a"] == "")
    }

    @Test(
        "Malformed attributes are refused with upstream's phrase",
        arguments: [
            ("", "unexpected end of JSON input"), ("{", "unexpected end of JSON input"),
            ("x", "invalid character 'x' looking for beginning of value"),
            ("[]", "json: cannot unmarshal array into Go value of type map[string]string"),
            (#""a""#, "json: cannot unmarshal string into Go value of type map[string]string"),
            (#"{"a":1}"#, "json: cannot unmarshal number into Go value of type string (key a)"),
            (#"{"a":{}}"#, "json: cannot unmarshal object into Go value of type string (key a)"),
            ("null", "attributes are null"),
        ])
    func malformedAttributes(text: String, reason: String) {
        let error = #expect(throws: ProviderError.self) { try Self.decode(attributes: text) }
        #expect(error?.message == "failed to unmarshal attributes, error: " + reason)
        #expect(error?.code == .requestMalformed)
    }

    @Test(
        "Malformed secrets are refused with upstream's phrase and without their content",
        arguments: [
            ("", "unexpected end of JSON input"),
            (#"{"clientsecret":7}"#, "json: cannot unmarshal number into Go value of type string (key clientsecret)"),
            (#"["hunter2"]"#, "json: cannot unmarshal array into Go value of type map[string]string"),
        ])
    func malformedSecrets(text: String, reason: String) {
        let error = #expect(throws: ProviderError.self) { try Self.decode(secrets: text) }
        #expect(error?.message == "failed to unmarshal secrets, error: " + reason)
    }

    @Test(
        "A permission is a decimal number",
        arguments: [("420", "0644"), ("0", "0000"), ("511", "0777"), (" 256 ", "0400")])
    func permission(text: String, octal: String) throws {
        #expect(try Self.decode(permission: text).defaultMode.description == octal)
    }

    @Test(
        "Other texts for a permission are refused with upstream's phrase",
        arguments: [
            "", "0644", "512", "-1", "4.2e2", "420.0", "\"420\"", "null", "[420]", "99999999999999999999", "rw-r--r--",
        ])
    func badPermission(text: String) {
        let error = #expect(throws: ProviderError.self) { try Self.decode(permission: text) }
        #expect(error?.message.hasPrefix("failed to unmarshal file permission, error: ") == true)
    }

    @Test("The first of several malformed fields is reported, in upstream's order")
    func order() {
        let first = #expect(throws: ProviderError.self) { try Self.decode(attributes: "", secrets: "", permission: "") }
        #expect(first?.message.contains("attributes") == true)
        let second = #expect(throws: ProviderError.self) { try Self.decode(secrets: "", permission: "") }
        #expect(second?.message.contains("secrets") == true)
    }

    @Test(
        "White space is trimmed as in Go",
        arguments: [
            ("  a b  ", "a b"), ("\r\n\ta\u{B}\u{C}", "a"), ("\u{A0}\u{2003}a\u{3000}\u{85}", "a"), ("", ""), (" ", ""),
            ("\u{200B}a", "\u{200B}a"), ("\r\n\r\n", ""),
        ])
    func trimming(text: String, expected: String) {
        #expect(text.trimmingSpace() == expected)
    }
}
