import Foundation
import KeyMaterial
import ProviderCore
import SecretMemory
import TestSupport
import Testing

/// The outputs of a class, made of the content of a vault.
@Suite("CertificateOutputs")
struct CertificateOutputsTests {
    private static func attributes(_ objects: [String]) throws -> MountConfiguration {
        let text =
            "array:\n"
            + objects.map { object in
                "  - |\n" + object.split(separator: "\n").map { "    \($0)\n" }.joined()
            }.joined()
        return try MountConfiguration(
            validating: try mountRequest(ValidMount.attributes(changing: ["objects": text])),
            MountConfiguration.Environment(
                defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: testNow))
    }

    private static func secret(_ value: [UInt8], version: String = "1") -> VaultItem {
        .secret(SecretBundle(value: SecretBytes(value), version: version, contentType: nil, isCertificate: false))
    }

    private static func answer(
        _ objects: [String], _ items: [[VaultItem]], changing change: (inout MountPlan) -> Void = { _ in }
    ) throws -> MountResponse {
        var plan = MountPlan(try attributes(objects))
        change(&plan)
        let vault = VaultAddress(name: "kv", suffix: "example")
        return try MountResponse(
            plan, fetched: items.map { $0.map { FetchedVersion($0, vault: vault) } },
            conversion: ContentConversion(), now: testNow)
    }

    private static let store = """
        objectName: site
        objectType: secret
        outputs:
          - {part: pkcs12, fileName: tls/store.p12, passwordFrom: store-password, alias: app, filePermission: "0400"}
          - {part: jks, fileName: tls/store.jks, passwordFrom: pw}
          - {part: truststore, fileName: tls/trust.p12, passwordFrom: pw}
        """
    private static let password = """
        objectName: pw
        objectType: secret
        objectAlias: store-password
        hidden: true
        """

    private static func pem(_ kind: TestKeys.Key = .p256) throws -> [UInt8] {
        let material = try TestKeys.shared.get()
        return try #require(material.keys[kind]) + (try #require(material.leaves[kind])) + material.intermediate
    }

    @Test("The password is another object's value, by its alias or name, and each file has its own mode")
    func password() throws {
        let answer = try Self.answer(
            [Self.store, Self.password], [[Self.secret(try Self.pem())], [Self.secret(Array("changeit".utf8))]])
        #expect(answer.files.map(\.path) == ["tls/store.p12", "tls/store.jks", "tls/trust.p12"])
        #expect(answer.files.map(\.mode.description) == ["0400", "0644", "0644"])
        let opened = try PKCS12.open(answer.files[0].contents, password: SecretBytes("changeit"))
        #expect(opened.keys.count == 1 && opened.certificates.count == 2)
        #expect(answer.files[1].contents.exposedBytes.prefix(8) == [0xFE, 0xED, 0xFE, 0xED, 0, 0, 0, 2])
        let trust = try PKCS12.open(answer.files[2].contents, password: SecretBytes("changeit"))
        #expect(trust.keys.isEmpty && trust.certificates.count == 1)
        // The password has its own version, so the driver sees when it changes.
        #expect(Set(answer.versions.map(\.id)) == ["secret/site", "secret/pw"])
    }

    @Test("A file changes only with its certificate, version, password and settings")
    func stable() throws {
        func files(_ password: String, version: String = "1") throws -> [[UInt8]] {
            try Self.answer(
                [Self.store, Self.password],
                [[Self.secret(try Self.pem(), version: version)], [Self.secret(Array(password.utf8))]]
            ).files.map(\.contents.exposedBytes)
        }
        let first = try files("changeit")
        #expect(try files("changeit") == first)
        #expect(try zip(first, files("another")).allSatisfy { $0 != $1 })
        #expect(try zip(first, files("changeit", version: "2")).allSatisfy { $0 != $1 })
    }

    @Test("A history has a file of each output for each version")
    func history() throws {
        let object = """
            objectName: site
            objectType: secret
            objectVersionHistory: 2
            outputs:
              - {part: key, fileName: tls.key}
              - {part: leaf, fileName: tls.crt}
            """
        let answer = try Self.answer(
            [object], [[Self.secret(try Self.pem(), version: "2"), Self.secret(try Self.pem(.p384), version: "1")]])
        #expect(answer.files.map(\.path) == ["tls.key/0", "tls.crt/0", "tls.key/1", "tls.crt/1"])
        #expect(
            answer.versions.map { "\($0.id)@\($0.version.prefix(2))" } == [
                "secret/site/0@2-", "secret/site/0@2-", "secret/site/1@1-", "secret/site/1@1-",
            ])
    }

    @Test("A single certificate has a leaf, and is a trust store when it is its own issuer")
    func certificateAlone() throws {
        let material = try TestKeys.shared.get()
        let object = """
            objectName: root
            objectType: cert
            outputs:
              - {part: leaf, fileName: root.der, encoding: der}
              - {part: truststore, format: jks, fileName: trust.jks, passwordFrom: store-password}
            """
        let der = try TestKeys.der(material.root)
        let answer = try Self.answer(
            [object, Self.password],
            [
                [.certificate(der: SecretBytes(der), version: "1")], [Self.secret(Array("changeit".utf8))],
            ])
        #expect(answer.files[0].contents.exposedBytes == der)
        #expect(answer.files[1].contents.exposedBytes.prefix(4) == [0xFE, 0xED, 0xFE, 0xED])
    }

    private static func messages(_ objects: String...) throws -> [String] {
        do {
            _ = try attributes(objects)
            return []
        } catch let error as ProviderError {
            return error.parts.isEmpty ? [error.message] : error.parts.map(\.message)
        }
    }

    @Test(
        "Settings that cannot be combined with outputs are refused",
        arguments: [
            ("trim: newline", "trim cannot be combined with outputs"),
            ("objectFormat: pfx", "objectFormat cannot be combined with outputs"),
            ("objectEncoding: base64", "objectEncoding cannot be combined with outputs"),
            ("hidden: true", "outputs makes files, and a hidden object has none"),
            ("onMissing: empty", "onMissing gives no certificate that outputs could be made of"),
            ("default: x", "default gives no certificate that outputs could be made of"),
            ("publicKeyFormat: jwk", "publicKeyFormat is for objectType: key, whose public key it writes"),
        ])
    func contradictions(line: String, reason: String) throws {
        let object = "objectName: n\nobjectType: secret\noutputs: [{part: leaf, fileName: f}]\n\(line)"
        #expect(try Self.messages(object) == ["object at index 0 (n): \(reason)"])
    }

    @Test(
        "A password must be a secret of the class, and not the object itself",
        arguments: [
            ("n", "object at index 0 (n): outputs[0]: passwordFrom names the object itself"),
            (
                "cert",
                "failed to get objectType:secret, objectName:n, objectVersion:: passwordFrom names cert, which is of "
                    + "type cert; a password is a secret"
            ),
            (
                "optional",
                "failed to get objectType:secret, objectName:n, objectVersion:: passwordFrom names optional, whose "
                    + "onMissing puts a text of the class in the password's place; a password comes from the vault alone"
            ),
            (
                "twice",
                "failed to get objectType:secret, objectName:n, objectVersion:: passwordFrom names twice, and 2 objects "
                    + "of the class have that objectName"
            ),
            (
                "typo",
                "failed to get objectType:secret, objectName:n, objectVersion:: passwordFrom names typo, which no "
                    + "object of the class is"
            ),
        ])
    func passwordNames(name: String, reason: String) throws {
        #expect(
            try Self.messages(
                "objectName: n\nobjectType: secret\noutputs: [{part: jks, fileName: f, passwordFrom: \(name)}]",
                "objectName: cert\nobjectType: cert\nhidden: true",
                "objectName: optional\nobjectType: secret\nonMissing: empty",
                "objectName: twice\nobjectType: secret\nobjectAlias: a",
                "objectName: twice\nobjectType: cert\nobjectAlias: b"
            ) == [reason])
    }

    @Test("A password's name is compared as bytes: a name that only looks alike is different")
    func alike() throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        func messages(_ name: String) throws -> [String] {
            try Self.messages(
                "objectName: n\nobjectType: secret\noutputs: [{part: jks, fileName: f, passwordFrom: \(name)}]",
                "objectName: a\nobjectType: secret\nobjectAlias: \(composed)",
                "objectName: b\nobjectType: cert\nobjectAlias: \(decomposed)")
        }
        #expect(try messages(composed) == [])
        #expect(try messages(decomposed).first?.contains("which is of type cert") == true)
    }

    @Test(
        "A setting that the part does not use is refused",
        arguments: [
            ("part: leaf, alias: x", "alias is only for pkcs12, jks and truststore, not for part leaf"),
            ("part: key, keyOrder: last", "keyOrder is only for combined, not for part key"),
            ("part: pkcs12, format: jks, passwordFrom: p", "format is only for truststore, not for part pkcs12"),
            ("part: jks, profile: legacy, passwordFrom: p", "profile is only for PKCS#12 files, not for this part jks"),
            (
                "part: truststore, format: jks, profile: legacy, passwordFrom: p",
                "profile is only for PKCS#12 files, not for this part truststore"
            ),
            (
                "part: jks, encoding: der, passwordFrom: p",
                "encoding has no effect for part jks, which has its own format"
            ),
            (
                "part: combined, encoding: der",
                "encoding der holds only one certificate or key, and part combined is several"
            ),
            (
                "part: pkcs12, passwordFrom: p, alias: \"a\\nb\"",
                "alias must have at most 128 characters and no control characters"
            ),
        ])
    func useless(settings: String, reason: String) throws {
        let object = "objectName: n\nobjectType: secret\noutputs: [{fileName: f, \(settings)}]"
        #expect(
            try Self.messages(object, "objectName: p\nobjectType: secret") == [
                "object at index 0 (n): outputs[0]: \(reason)"
            ])
    }

    @Test("A class cannot request more key stores than a node can compute")
    func limit() throws {
        let password = "objectName: p\nobjectType: secret"
        func store(_ lines: String) -> String {
            "\(lines)\noutputs:\n  - {part: jks, fileName: '{{name}}', passwordFrom: p}\n"
                + "  - {part: truststore, fileName: 't{{name}}', passwordFrom: p}\n  - {part: leaf, fileName: 'l{{name}}'}"
        }
        func excess(_ count: Int) -> [String] {
            [
                "outputs ask for up to \(count) key stores; the limit of one volume is 100. Versions of a history and "
                    + "objects that select may pick are counted"
            ]
        }
        #expect(try Self.messages(store("select: {max: 50}"), password) == [])
        #expect(try Self.messages(store("select: {max: 51}"), password) == excess(102))
        let history = "objectName: n\nobjectType: secret\nobjectVersionHistory: "
        #expect(try Self.messages(store(history + "50"), password) == [])
        #expect(try Self.messages(store(history + "2147483647"), password) == excess(2000))
    }

    @Test("Every example in the documentation is a valid class")
    func documentation() throws {
        let page = try String(
            contentsOf: Fixtures.root.appendingPathComponent("docs/use/certificates.md"),
            encoding: .utf8)
        let password = "    - {objectName: keystore-password, objectType: secret}\n"
        let examples = page.components(separatedBy: "```yaml\n").dropFirst().map { part in
            let text = part.components(separatedBy: "```")[0]
            // Some examples show a part of a class: an object, or its outputs.
            if text.hasPrefix("objects: |\n") { return text.replacing("objects: |\n", with: "") }
            if text.hasPrefix("    - ") { return "  array:\n" + text }
            return "  array:\n\(password)    - objectName: n\n      objectType: secret\n      outputs:\n" + text
        }
        #expect(examples.count == 7)
        for example in examples {
            let attributes = try MountConfiguration(
                validating: try mountRequest(ValidMount.attributes(changing: ["objects": example])),
                MountConfiguration.Environment(
                    defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: testNow))
            #expect(attributes.warnings == [], "\(example)")
            #expect(attributes.objects.contains { $0.outputs != nil }, "\(example)")
        }
    }

    @Test("The files of a picked object, and the key in its key store, are named after it")
    func picked() throws {
        let select = """
            select: {prefix: tls-}
            outputs:
              - {part: leaf, fileName: "{{stem}}/{{name}}.crt"}
              - {part: pkcs12, fileName: "{{stem}}.p12", passwordFrom: store-password}
            """
        let answer = try Self.answer(
            [select, Self.password], [[Self.secret(try Self.pem())], [Self.secret(Array("changeit".utf8))]]
        ) { plan in
            plan.items[0].object.selector = nil
            plan.items[0].object.name = "tls-web"
        }
        #expect(answer.files.map(\.path) == ["web/tls-web.crt", "web.p12"])
        let directory = try TemporaryDirectory()
        try directory.write(answer.files[1].contents.exposedBytes, to: "store.p12")
        let shown = try run(
            ["openssl", "pkcs12", "-in", "store.p12", "-passin", "pass:changeit", "-nodes"], in: directory)
        #expect(String(decoding: shown, as: UTF8.self).contains("friendlyName: tls-web\n"))
    }

    @Test("With a selector each name is a template, and every mistake of a failing volume is reported without a value")
    func templates() throws {
        let select = "select: {prefix: tls-}\noutputs:\n  - {part: leaf, fileName: "
        #expect(try Self.messages(select + "'{{stem}}.crt'}") == [])
        #expect(
            try Self.messages(select + "tls.crt}")
                == ["object at index 0: outputs[0]: fileName tls.crt is one name for all the objects that select picks"]
        )
        #expect {
            try Self.answer(
                [Self.store, Self.password],
                [[Self.secret(try Self.pem())], [Self.secret(Array("geheim\n".utf8))]])
        } throws: { error in
            let message = "\(error)"
            return message.contains("tls/store.p12: the password ends in a line break")
                && message.contains("tls/store.jks: the password ends") && !message.contains("geheim")
        }
    }
}
