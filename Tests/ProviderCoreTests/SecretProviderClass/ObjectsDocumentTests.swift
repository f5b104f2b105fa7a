import ProviderCore
import SecretMemory
import TestSupport
import Testing

@Suite("ObjectsDocument")
struct ObjectsDocumentTests {
    private static func parse(_ text: String) throws -> ObjectsDocument {
        try ObjectsDocument.parse(text).get()
    }

    /// A document with one object, quoted as users write it.
    private static func document(_ lines: String...) -> String {
        "array:\n  - |\n" + lines.map { "    \($0)\n" }.joined()
    }

    private static func object(_ lines: String...) throws -> KeyVaultObject {
        let text = "array:\n  - |\n    objectName: n\n    objectType: secret\n" + lines.map { "    \($0)\n" }.joined()
        let document = try parse(text)
        #expect(document.warnings.isEmpty)
        return try #require(document.objects.first)
    }

    private static func messages(_ text: String) -> [String] {
        switch ObjectsDocument.parse(text) {
        case .success: []
        case .failure(let error): error.parts.isEmpty ? [error.message] : error.parts.map(\.message)
        }
    }

    // MARK: - Accepted documents

    @Test(
        "An object may be written in any notation that gives a string or a mapping",
        arguments: [
            "array:\n  - |\n    objectName: n\n    objectType: secret\n",
            "array:\n- |-\n  objectName: n\n  objectType: secret",
            "array:\n  - \"objectName: n\\nobjectType: secret\"\n",
            "array:\n  - '{\"objectName\": \"n\", \"objectType\": \"secret\"}'\n",
            #"{"array": ["objectName: n\nobjectType: secret"]}"#,
            "array:\n  - objectName: n\n    objectType: secret\n",
            "array: [{objectName: n, objectType: secret}]",
            "other: 1\narray:\n  - |\n    objectName: \"n\"\n    objectType: ' secret '\n",
            "array:\n  - |\n    objectName: n\n    objectType: secret\n    ---\n    objectName: other\n",
            "array:\n  - objectName: n\n    objectType: secret\n---\narray: []\n",
            "array:\n  - ~\n  - {objectName: n, objectType: secret}\n  - null\n",
            "array:\n  - |\n    objectName: &x n\n    objectType: secret\n    objectAlias: *x\n",
            "array:\n  - |\r\n    objectName: n\r\n    objectType: secret\r\n",
        ])
    func notations(text: String) throws {
        let objects = try Self.parse(text).objects
        #expect(objects.map(\.name) == ["n"])
        #expect(objects.map(\.type) == [.secret])
        #expect(objects.map(\.path) == ["n"])
    }

    @Test("An anchor in one list item can be used in the next one")
    func anchors() throws {
        let text = "array:\n  - &first |\n    objectName: a\n    objectType: key\n  - *first\n"
        #expect(Self.messages(text) == ["two objects have the same path a: key a and key a"])
    }

    @Test(
        "Scalars are read as the text of their source",
        arguments: [
            ("objectVersion: 0123", "0123"), ("objectVersion: 1e3", "1e3"), ("objectVersion: true", "true"),
            ("objectVersion: 0x1F", "0x1F"), ("objectVersion: 1_0", "1_0"), ("objectVersion: 2026-01-01", "2026-01-01"),
            ("objectVersion: ~", ""), ("objectVersion: null", ""), ("objectVersion:", ""), ("objectVersion: '~'", "~"),
            ("objectVersion: \"  abc\\t\"", "abc"), ("objectVersion: 'null'", "null"), ("objectVersion: ''", ""),
        ])
    func sourceText(line: String, expected: String) throws {
        #expect(try Self.object(line).version == expected)
    }

    @Test("All fields are read")
    func allFields() throws {
        let object = try Self.object(
            "objectAlias: d/e", "objectVersion: v", "objectVersionHistory: 5", "objectFormat: PFX",
            "objectEncoding: Base64", "filePermission: 0400")
        #expect(object.alias == "d/e")
        #expect(object.path == "d/e")
        #expect(object.version == "v")
        #expect(object.versionHistory == 5)
        #expect(object.wantsHistory)
        #expect(object.format == .pfx)
        #expect(object.encoding == .base64)
        #expect(object.permission?.rawValue == 0o400)
        let plain = try Self.object()
        #expect(plain.format == .pem)
        #expect(plain.encoding == .utf8)
        #expect(plain.permission == nil)
        #expect(!plain.wantsHistory)
    }

    @Test(
        "objectVersionHistory is a plain number that fits 32 bits",
        arguments: [
            ("0", 0), ("1", 1), ("010", 8), ("0x10", 16), ("5.0", 5), ("-3", -3), ("2147483647", 2_147_483_647),
            ("~", 0), ("''", nil), ("'5'", nil), ("\"5\"", nil), ("5.5", nil), ("x", nil), ("true", nil),
            ("2147483648", nil), ("-0x-8000000000000000", nil), ("[5]", nil),
        ] as [(String, Int?)])
    func versionHistory(text: String, expected: Int?) throws {
        let document = Self.document("objectName: n", "objectType: secret", "objectVersionHistory: \(text)")
        guard let expected else {
            let message = try #require(Self.messages(document).first)
            #expect(
                message.hasPrefix("unmarshal failed for keyVaultObjects at index 0, error: yaml: unmarshal errors:"))
            #expect(message.contains("into int32 (key objectVersionHistory)"))
            return
        }
        #expect(try Self.parse(document).objects.map(\.versionHistory) == [expected])
    }

    @Test(
        "A file permission is octal text",
        arguments: [("0644", 0o644), ("644", 0o644), ("0", 0), ("'0755'", 0o755), ("0777", 0o777), ("000400", 0o400)])
    func permissions(text: String, expected: UInt32) throws {
        #expect(try Self.object("filePermission: \(text)").permission?.rawValue == expected)
    }

    // MARK: - Refused documents

    @Test("Blank objects count as not set, and a list without an object mounts nothing")
    func empty() {
        #expect(Self.messages("") == ["objects is not set"])
        for text in ["array: []", "array:", "array: ~", "array:\n  - ~\n", "# nothing\n", "~", "---\n"] {
            #expect(
                Self.messages(text) == ["objects is not set: it lists no object, so there is nothing to mount"],
                "\(text)")
        }
        for text in ["{}", "objects: []"] {
            #expect(Self.messages(text) == ["objects is not set: the key array is missing (line 1)"], "\(text)")
        }
        #expect(
            Self.messages("Array: []") == [
                "objects is not set: the key array is missing, did you mean it by Array? (line 1)"
            ])
    }

    @Test(
        "A text of the wrong shape is refused with yaml.v3's words",
        arguments: [
            ("just text", "line 1: cannot unmarshal !!str into types.StringArray"),
            ("- a\n- b", "line 1: cannot unmarshal !!seq into types.StringArray"),
            ("5", "line 1: cannot unmarshal !!int into types.StringArray"),
            ("array: text", "line 1: cannot unmarshal !!str into []string"),
            ("\narray: {a: b}", "line 2: cannot unmarshal !!map into []string"),
            ("array:\n  - [a]", "line 2: cannot unmarshal !!seq into string"),
            ("array: []\narray: []", "line 2: mapping key \"array\" already defined at line 1"),
        ])
    func outerShape(text: String, reason: String) {
        #expect(Self.messages(text) == ["failed to yaml unmarshal objects, error: yaml: unmarshal errors: " + reason])
    }

    @Test("A text that is not YAML is refused with upstream's phrase")
    func outerSyntax() throws {
        let message = try #require(Self.messages("array:\n\t- a").first)
        #expect(message.hasPrefix("failed to yaml unmarshal objects, error: yaml: line "))
        let inner = try #require(Self.messages("array:\n  - a\n  - \"b: [\"\n").last)
        #expect(inner.hasPrefix("unmarshal failed for keyVaultObjects at index 1, error: yaml: line "))
    }

    @Test(
        "An item of the wrong shape is refused with its index and yaml.v3's words",
        arguments: [
            ("array: [plain]", "line 1: cannot unmarshal !!str `plain` into types.KeyVaultObject"),
            ("array: ['[a]']", "line 1: cannot unmarshal !!seq `` into types.KeyVaultObject"),
            ("array: ['5']", "line 1: cannot unmarshal !!int `5` into types.KeyVaultObject"),
            (
                "array:\n  - |\n    objectName: a\n    objectName: b\n",
                "line 2: mapping key \"objectName\" already defined at line 1"
            ),
            (
                "array:\n  - |\n    objectName: [a]\n    objectType: secret\n",
                "line 1: cannot unmarshal !!seq into string (key objectName)"
            ),
            (
                "array:\n  - |\n    objectName: a\n    objectVersion: {a: b}\n    objectType: secret\n",
                "line 2: cannot unmarshal !!map into string (key objectVersion)"
            ),
        ])
    func innerShape(text: String, reason: String) {
        #expect(
            Self.messages(text)
                == ["unmarshal failed for keyVaultObjects at index 0, error: yaml: unmarshal errors: " + reason])
    }

    @Test(
        "Every invalid field is refused with upstream's phrase",
        arguments: [
            ("secret", "objectFormat: pkcs", "invalid objectFormat: pkcs, should be PEM or PFX"),
            ("cert", "objectFormat: pfx", "PFX format only supported for objectType: secret"),
            ("key", "objectFormat: PFX", "PFX format only supported for objectType: secret"),
            ("cert", "objectEncoding: base64", "objectEncoding only supported for objectType: secret"),
            ("cert", "objectEncoding: nope", "objectEncoding only supported for objectType: secret"),
            ("secret", "objectEncoding: utf8", "invalid objectEncoding: utf8, should be hex, base64 or utf-8"),
            ("secret", "objectAlias: /etc/passwd", "file name must be a relative path"),
            ("secret", "objectAlias: a/../b", "file name must not contain '..'"),
            ("secret", "objectAlias: a..b", "file name must not contain '..'"),
            (
                "secret", "objectAlias: a/",
                "file name must be in its shortest form, without '.', '//' or a '/' at the end"
            ),
            (
                "secret", "filePermission: 0900",
                "invalid filePermission: 0900, should be octal between 0000 and 0777"
            ),
            ("secret", "filePermission: rw", "invalid filePermission: rw, should be octal between 0000 and 0777"),
            ("secret", "filePermission: 0o644", "invalid filePermission: 0o644, should be octal between 0000 and 0777"),
            ("secret", "filePermission: 1000", "invalid filePermission: 1000, should be octal between 0000 and 0777"),
            ("secret", "filePermission: -1", "invalid filePermission: -1, should be octal between 0000 and 0777"),
            ("Secret", "", "Invalid vaultObjectTypes. Should be secret, key, or cert"),
            ("certificate", "", "Invalid vaultObjectTypes. Should be secret, key, or cert"),
        ])
    func fields(type: String, line: String, reason: String) {
        let text = Self.document("objectName: n", "objectType: \(type)", line)
        #expect(Self.messages(text) == ["failed to get objectType:\(type), objectName:n, objectVersion:: " + reason])
    }

    @Test(
        "A name or version that could address another resource is refused",
        arguments: [
            ("objectName: .\nobjectAlias: a", "objectName must not be '.'"),
            ("objectName: '..'\nobjectAlias: a", "objectName must not be '..'"),
            ("objectName: \"a\\0b\"\nobjectAlias: a", "objectName must not contain control characters"),
            ("objectName: a\nobjectVersion: '..'", "objectVersion must not be '..'"),
            ("objectName: a\nobjectVersion: \"x\\ny\"", "objectVersion must not contain control characters"),
            ("objectName: \(String(repeating: "n", count: 256))\nobjectAlias: a", "objectName has more than 255 bytes"),
        ])
    func segments(lines: String, reason: String) {
        let text = "objectType: secret\n" + lines
        let messages = Self.messages(Self.document(text.split(separator: "\n").joined(separator: "\n    ")))
        #expect(messages.count == 1)
        #expect(messages.first?.hasSuffix(reason) == true, "\(messages)")
    }

    @Test("A missing name is reported in the words of the client that would have reported it")
    func missingName() {
        #expect(
            Self.messages(Self.document("objectType: cert", "objectAlias: a")).first?
                .hasSuffix("parameter certificateName cannot be empty") == true)
        #expect(
            Self.messages(Self.document("objectType: secret")).map { $0.components(": ").last }
                == ["file name must not be empty", "parameter name cannot be empty"])
    }

    @Test("All mistakes of all objects are reported together, in the order of the list")
    func several() {
        let text =
            "array:\n"
            + "  - |\n    objectName: a\n    objectType: cert\n    objectFormat: pkcs\n    objectEncoding: hex\n"
            + "  - |\n    objectName: good\n    objectType: secret\n"
            + "  - |\n    objectName: b\n    objectType: secrets\n"
            + "  - |\n    - c\n"
            + "  - |\n    objectName: d\n    objectType: secret\n    objectAlias: ../d\n"
        let a = "failed to get objectType:cert, objectName:a, objectVersion:: "
        #expect(
            Self.messages(text) == [
                a + "invalid objectFormat: pkcs, should be PEM or PFX",
                a + "objectEncoding only supported for objectType: secret",
                "failed to get objectType:secrets, objectName:b, objectVersion:: "
                    + "Invalid vaultObjectTypes. Should be secret, key, or cert",
                "unmarshal failed for keyVaultObjects at index 3, error: yaml: unmarshal errors: "
                    + "line 1: cannot unmarshal !!seq `` into types.KeyVaultObject",
                "failed to get objectType:secret, objectName:d, objectVersion:: file name must not contain '..'",
            ])
    }

    @Test("A misspelt type gets the right one as its hint")
    func typeHints() {
        for (type, hint) in [("Secret", "secret"), ("KEY", "key"), ("certificate", "cert"), ("Cert", "cert")] {
            guard
                case .failure(let error) = ObjectsDocument.parse(Self.document("objectName: n", "objectType: \(type)"))
            else {
                Issue.record("\(type) was accepted")
                continue
            }
            #expect(error.hint == "write objectType: \(hint)")
        }
    }

    @Test("Paths that cannot both exist are refused")
    func conflicts() {
        let text = "array: [{objectName: a, objectType: secret}, {objectName: b, objectType: key, objectAlias: a/b}]"
        #expect(
            Self.messages(text) == [
                "path a of secret a and path a/b of key b cannot both exist: one would have to be a file and a directory"
            ])
    }

    @Test("An unknown key is ignored, and the warning suggests the nearest known key")
    func warnings() throws {
        let document = try Self.parse(
            Self.document("objectName: n", "objectType: secret", "objectalias: x", "color: blue"))
        #expect(
            document.warnings == [
                "object at index 0 (n): unknown key objectalias is ignored; did you mean objectAlias?",
                "object at index 0 (n): unknown key color is ignored",
            ])
        #expect(document.objects.map(\.path) == ["n"])
    }

    @Test("More objects than a volume can have are refused before any is read")
    func tooMany() throws {
        func document(_ count: Int) -> String {
            "array:\n" + (0..<count).map { "- {objectName: n\($0), objectType: secret}\n" }.joined()
        }
        #expect(try Self.parse(document(1000)).objects.count == 1000)
        #expect(Self.messages(document(1001)) == ["objects lists 1001 objects; the limit of one volume is 1000"])
        let same = "x: &x {objectName: n, objectType: secret}\narray: [" + String(repeating: "*x, ", count: 1001) + "]"
        #expect(Self.messages(same) == ["objects lists 1001 objects; the limit of one volume is 1000"])
    }

    @Test("Aliases are limited for all items together")
    func dividedBomb() {
        let item =
            "  - |\n    a: &a [\(Array(repeating: "x", count: 99).joined(separator: ", "))]\n    b: ["
            + Array(repeating: "*a", count: 20).joined(separator: ", ") + "]\n"
        let messages = Self.messages("array:\n" + String(repeating: item, count: 100))
        #expect(messages.count == 1)
        #expect(messages.first?.contains("excessive aliasing") == true)
        #expect(Self.messages("array:\n" + item).first?.contains("excessive aliasing") == false)
    }

    @Test("An alias bomb is refused quickly, outside and inside an item")
    func aliasBomb() {
        var bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...20 {
            bomb += "a\(level): &a\(level) [\(Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", "))]\n"
        }
        let inner = "array:\n  - |\n" + bomb.split(separator: "\n").map { "    \($0)\n" }.joined()
        // The expansion would never end.
        #expect(Self.messages(bomb).first?.contains("excessive aliasing") == true)
        #expect(Self.messages(inner).first?.contains("excessive aliasing") == true)
    }

    @Test("No mutation of a document traps")
    func mutations() {
        let valid = Array(
            ("array:\n  - |\n    objectName: a\n    objectType: secret\n    objectVersionHistory: 5\n    filePermission: 0644\n"
                + "  - objectName: \"b\\u00e9\"\n    objectType: cert\n    objectAlias: d/e\n    objectVersion: ~\n")
                .utf8)
        var random = SeededRandom(seed: 3)
        for _ in 0..<2000 {
            let text = String(decoding: random.mutation(of: valid), as: UTF8.self)
            #expect(Self.messages(text).allSatisfy { !$0.isEmpty })
        }
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] { split(separator: separator).map(String.init) }
}
