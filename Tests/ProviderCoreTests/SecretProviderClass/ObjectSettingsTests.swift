import Documents
import ProviderCore
import TestSupport
import Testing

/// The settings beyond upstream's flat fields.
@Suite("Object settings")
struct ObjectSettingsTests {
    private static func document(
        _ lines: [String], parameters: [String: String] = [:]
    ) throws -> Result<MountConfiguration, ProviderError> {
        let objects = "array:\n  - |\n" + lines.map { "    \($0)\n" }.joined()
        let attributes = ValidMount.attributes.merging(["objects": objects].merging(parameters) { $1 }) { $1 }
        let request = try mountRequest(attributes)
        return Result { () throws(ProviderError) in
            try MountConfiguration(
                validating: request,
                MountConfiguration.Environment(
                    defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: testNow))
        }
    }

    private static func object(_ lines: String..., parameters: [String: String] = [:]) throws -> KeyVaultObject {
        let attributes = try document(
            ["objectName: n", "objectType: secret"] + lines, parameters: parameters
        ).get()
        #expect(attributes.warnings.isEmpty)
        return try #require(attributes.objects.first)
    }

    private static func messages(_ lines: [String], parameters: [String: String] = [:]) throws -> [String] {
        switch try document(lines, parameters: parameters) {
        case .success: []
        case .failure(let error): error.parts.isEmpty ? [error.message] : error.parts.map(\.message)
        }
    }

    @Test("An object without settings has every default")
    func defaults() throws {
        let object = try Self.object()
        #expect(object.source == ObjectSource())
        #expect(object.missing == .fail)
        #expect(object.validity == ValidityRules())
        #expect(object.form == FileForm())
        #expect(!object.isHidden)
        #expect(object.selector == nil)
        #expect(object.declaredPaths == ["n"])
    }

    @Test("Vault, tenant, client and fallback are read, and a class's fallback applies only to the class's vault")
    func source() throws {
        let all = try Self.object(
            "vault: kv-other", "tenantID: other.example", "clientID: c2", "fallbackVault: kv-dr",
            "fallbackOn: [unavailable, notFound]"
        ).source
        #expect(all.vaultName == "kv-other")
        #expect(all.tenantID == "other.example")
        #expect(all.clientID == "c2")
        #expect(all.fallback?.name == "kv-dr")
        #expect(all.fallback?.conditions == [.unavailable, .notFound])
        #expect(try Self.object("keyvaultName: kv-other").source.vaultName == "kv-other")
        let inherited = ["fallbackVault": "kv-dr", "fallbackOn": "notFound, unavailable"]
        #expect(try Self.object(parameters: inherited).source.fallback?.name == "kv-dr")
        #expect(try Self.object(parameters: inherited).source.fallback?.conditions == [.unavailable, .notFound])
        #expect(try Self.object("vault: kv-other", parameters: inherited).source.fallback == nil)
        #expect(
            try Self.object("fallbackOn: unavailable", parameters: inherited).source.fallback?.conditions
                == [.unavailable])
    }

    @Test(
        "Three keys decide what replaces a missing object",
        arguments: [
            ([], .fail), (["required: true"], .fail), (["required: false"], .skip), (["onMissing: skip"], .skip),
            (["onMissing: empty", "required: false"], .empty), (["default: ' x '"], .text(" x ")),
            (["default: ''"], .text("")), (["onMissing: default", "default: 010"], .text("010")),
            (["onMissing: fail"], .fail),
        ] as [([String], MissingObject)])
    func missing(lines: [String], expected: MissingObject) throws {
        let document = try Self.document(["objectName: n", "objectType: secret"] + lines).get()
        #expect(document.objects.map(\.missing) == [expected])
    }

    @Test("The other settings of an object are read")
    func others() throws {
        let object = try Self.object(
            "minRemaining: 30d", "respectNotBefore: true", "trim: newline", "encode: Base64URL", "hidden: true",
            "objectEncoding: base64url")
        #expect(object.validity.minimumRemaining == .seconds(30 * 86_400))
        #expect(object.validity.respectsNotBefore)
        #expect(object.form.trim == .newline)
        #expect(object.form.encoding == .base64URL)
        #expect(object.isHidden)
        #expect(object.encoding == .base64URL)
        #expect(object.declaredPaths.isEmpty)
    }

    @Test("A selector is read with its defaults")
    func selector() throws {
        let plain = try #require(try Self.document(["select: {}"]).get().objects.first)
        #expect(plain.type == .secret)
        #expect(plain.selector == ObjectSelector())
        #expect(plain.selector?.maximum == 50)
        let object = try #require(
            try Self.document([
                "select:", "  type: cert", "  name: app-*", "  regex: app-[a-c]+", "  prefix: app-",
                "  tags: {team: a, tier: 1}", "  excludeCertificates: true", "  max: 7", "  allowEmpty: true",
                "fileName: \"{{stem}}.txt\"",
            ]).get().objects.first)
        let selector = try #require(object.selector)
        #expect(object.type == .certificate)
        #expect(selector.glob == "app-*")
        #expect(selector.regex?.source == "app-[a-c]+")
        #expect(selector.prefix == "app-")
        #expect(selector.tags == ["team": "a", "tier": "1"])
        #expect(selector.excludesCertificates)
        #expect(selector.maximum == 7)
        #expect(selector.allowsEmpty)
        #expect(selector.fileName.path(name: "app-x", prefixLength: 4) == "x.txt")
    }

    @Test("Class parameters are read")
    func classSettings() throws {
        let object = ["objectName: n", "objectType: secret"]
        let settings = try Self.document(
            object, parameters: ["expiryWarning": "30", "metadataFile": "meta/versions.json", "refreshNonce": "7"]
        ).get().settings
        #expect(settings.expiryWarning == 30)
        #expect(settings.metadataFile == "meta/versions.json")
        #expect(try Self.document(object).get().settings.expiryWarning == 14)
        #expect(
            try Self.messages(object, parameters: ["metadataFile": "n"])
                == ["two objects have the same path n: secret n and metadataFile"])
    }

    @Test(
        "Invalid settings are refused with their place",
        arguments: [
            ("vault: https://kv.example", "vault https://kv.example must match"),
            ("vault: [a]", "vault must be a text, not a list"),
            ("{vault: abc, keyvaultName: abd}", nil),
            ("tenantID: a/b", "tenantID a/b is neither a directory id nor a domain name"),
            ("fallbackOn: unavailable", "fallbackOn needs a fallbackVault"),
            ("{fallbackVault: kv2, fallbackOn: sometimes}", nil),
            ("required: maybe", "required maybe is not true or false"),
            ("onMissing: skipp", "onMissing skipp is not fail, skip, empty or default; did you mean skip?"),
            ("onMissing: default", "onMissing default needs the key default with the text"),
            ("minRemaining: soon", "minRemaining soon is not a duration"),
            ("minRemaining: -5d", "minRemaining -5d is not a duration"),
            ("trim: all", "trim all is not none, newline or space"),
            ("encode: base32", "encode base32 is not none, base64, base64url or hex; did you mean base64?"),
            ("hidden: {a: b}", "hidden must be a text, not a mapping"),
            ("fileName: x", "fileName is only for objects with select"),
        ] as [(String, String?)])
    func refusals(line: String, expected: String?) throws {
        let inner =
            line.hasPrefix("{") ? String(line.dropFirst().dropLast()).split(separator: ", ").map(String.init) : [line]
        let messages = try Self.messages(["objectName: n", "objectType: secret"] + inner)
        #expect(messages.count == 1)
        if let expected {
            #expect(messages.first?.hasPrefix("object at index 0 (n): \(expected)") == true, "\(messages)")
        }
    }

    @Test(
        "An invalid selector is refused",
        arguments: [
            ("select: app-*", "object at index 0: select must be a mapping"),
            ("select: {max: 0}", "object at index 0: select: max 0 is not a number from 1 to 1000"),
            ("select: {regex: 'a('}", "object at index 0: select: regex a( cannot be used: a ( has no ) after it"),
            ("select: {tags: [a]}", "object at index 0: select: tags must be a mapping"),
            ("select: {name: a, name: b}", "object at index 0: select: the key name exists twice"),
        ])
    func selectorRefusals(line: String, expected: String) throws {
        let messages = try Self.messages([line])
        #expect(messages.contains(expected), "\(messages)")
        let extra = try Self.messages(["select: {}", "objectName: n", "objectVersion: v1", "fileName: a.txt"])
        #expect(extra.count == 3)
    }

    @Test("An unknown key is ignored, and the warning suggests the nearest known key")
    func unknown() throws {
        let warnings = try Self.document([
            "objectName: n", "objectType: secret", "valut: kv", "colour: red", "objectalias: x", "trim: none",
        ]).get().warnings
        #expect(
            warnings == [
                "object at index 0 (n): unknown key valut is ignored; did you mean vault?",
                "object at index 0 (n): unknown key colour is ignored",
                "object at index 0 (n): unknown key objectalias is ignored; did you mean objectAlias?",
            ])
        let nested = try Self.document(["select: {type: secret, tag: {a: b}}"]).get().warnings
        #expect(nested == ["object at index 0: select: unknown key tag is ignored; did you mean tags?"])
    }

    @Test("All mistakes of all objects are reported together, with upstream's first for each")
    func together() throws {
        let attributes = ValidMount.attributes(changing: [
            "objects": """
            array:
              - {objectName: a, objectType: secrets, trim: x}
              - {objectName: b, objectType: secret, vault: a, encode: y}
            """, "expiryWarning": "often",
        ])
        let request = try mountRequest(attributes)
        let error = #expect(throws: ProviderError.self) {
            try MountConfiguration(
                validating: request,
                MountConfiguration.Environment(
                    defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: testNow))
        }
        #expect(
            error?.parts.map(\.message) == [
                "failed to get objectType:secrets, objectName:a, objectVersion:: Invalid vaultObjectTypes. Should be secret, key, or cert",
                "object at index 0 (a): trim x is not none, newline or space",
                "object at index 1 (b): vault a must be between 3 and 24 chars",
                "object at index 1 (b): encode y is not none, base64, base64url or hex",
                "the class's parameters: expiryWarning often is not a number from 0 to 3650",
            ])
    }

    @Test(
        "An object's own identity needs a mode that can prove it",
        arguments: [
            ("clientID: c2", ["useVMManagedIdentity": "true"]), ("tenantID: t2", ["usePodIdentity": "true"]),
        ])
    func modes(line: String, parameters: [String: String]) throws {
        let messages = try Self.messages(["objectName: n", "objectType: secret", line], parameters: parameters)
        #expect(messages.count == 1)
        #expect(messages.first?.contains("needs workload identity or identity binding") == true)
    }
}
