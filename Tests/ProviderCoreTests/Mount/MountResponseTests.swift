import ProviderCore
import SecretMemory
import TestSupport
import Testing

@Suite("MountPlan and MountResponse")
struct MountAnswerTests {
    /// A plan for objects given as YAML in flow notation.
    private static func plan(_ objects: String) throws -> MountPlan {
        let attributes = ValidMount.attributes(changing: ["objects": "array: [\(objects)]"])
        return MountPlan(
            try MountConfiguration(
                validating: try mountRequest(attributes),
                MountConfiguration.Environment(
                    defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: testNow)))
    }

    private static func secret(_ value: SecretBytes, version: String = "v1") -> VaultItem {
        .secret(SecretBundle(value: value, version: version, contentType: nil, isCertificate: false))
    }

    private static func answer(
        _ plan: MountPlan, _ items: [VaultItem], separates: Bool = false
    ) throws(ProviderError) -> MountResponse {
        try MountResponse(
            plan, fetched: items.map { [FetchedVersion($0, vault: VaultAddress(name: "kv", suffix: "example"))] },
            conversion: ContentConversion(separatesCertificateAndKey: separates), now: testNow)
    }

    @Test("A plan has the vault's host, the ids and the modes")
    func plan() throws {
        let plan = try Self.plan(
            "{objectName: a, objectType: secret}, {objectName: a, objectType: key, objectAlias: k, filePermission: '0400'}"
        )
        #expect(plan.sources.map(\.vault.host) == ["contoso-pay.vault.azure.net"])
        #expect(plan.items.map { $0.id(version: 0) } == ["secret/a", "key/a"])
        #expect(plan.items.map(\.mode.rawValue) == [0o644, 0o400])
    }

    @Test("An object that is mounted twice gets two ids, and the others keep theirs")
    func uniqueIDs() throws {
        let plan = try Self.plan(
            """
            {objectName: a, objectType: secret}, {objectName: a, objectType: secret, objectAlias: old, objectVersion: v0},
            {objectName: b, objectType: secret}, {objectName: a, objectType: cert, objectAlias: c}
            """)
        #expect(plan.items.map { $0.id(version: 0) } == ["secret/a/a", "secret/a/old", "secret/b", "cert/a"])
        #expect(Set(plan.items.map { $0.id(version: 0) }).count == plan.items.count)
    }

    @Test("Files and versions come in the order of the objects")
    func order() throws {
        let plan = try Self.plan(
            "{objectName: b, objectType: secret}, {objectName: a, objectType: secret, objectAlias: d/a, filePermission: '0'}"
        )
        let answer = try Self.answer(
            plan, [Self.secret(SecretBytes("1"), version: "x"), Self.secret(SecretBytes(""), version: "y")])
        #expect(answer.files.map(\.path) == ["b", "d/a"])
        #expect(answer.files.map(\.contents.exposedText) == ["1", ""])
        #expect(answer.files.map(\.mode.rawValue) == [0o644, 0])
        #expect(answer.versions.map(\.id) == ["secret/b", "secret/a"])
        #expect(answer.versions.map(\.version) == ["x", "y"])
    }

    /// The version of an object with these settings, of which the vault's version is `v1`.
    private static func version(_ settings: String, value: String = "{\"a\":\"1\",\"b\":\"2\"}") throws -> String {
        let plan = try plan("{objectName: a, objectType: secret\(settings)}")
        return try #require(try answer(plan, [secret(SecretBytes(value))]).versions.first?.version)
    }

    @Test(
        "An object without settings for its bytes has the vault's version",
        arguments: [
            "", ", objectAlias: x", ", filePermission: '0600'", ", objectFormat: PEM", ", objectEncoding: utf-8",
            ", minRemaining: 1h", ", required: false", ", objectFormat: ''",
        ])
    func plainVersion(settings: String) throws {
        #expect(try Self.version(settings) == "v1")
    }

    @Test("Every setting that can change the bytes changes the version")
    func shapedVersions() throws {
        let settings = [
            ", extract: {pointer: /a}", ", extract: {pointer: /b}", ", trim: space", ", trim: newline", ", encode: hex",
            ", objectEncoding: base64", ", explode: {}",
        ]
        let versions = try settings.map {
            try Self.version($0, value: $0.contains("base64") ? "YQ==" : #"{"a":"1","b":"2"}"#)
        }
        #expect(versions.allSatisfy { $0.hasPrefix("v1-") })
        #expect(Set(versions).count == settings.count)
        // The same on every node and in every notation.
        #expect(try Self.version(", extract: {pointer: /a}") == Self.version(", extract:\n    {pointer: /a}"))
        #expect(versions[0] == "v1-4d51737e")
    }

    @Test("The version of a key store changes with its password, and that of a default value with its text")
    func otherVersions() throws {
        func version(_ password: String) throws -> String {
            let plan = try Self.plan(
                "{objectName: a, objectType: secret, outputs: [{part: pkcs12, fileName: t, passwordFrom: p}]}, "
                    + "{objectName: p, objectType: secret}")
            let certificate = SecretBytes(
                try Material.shared.get().text("rsa.key") + Material.shared.get().text("rsa.crt"))
            let bundle = SecretBundle(
                value: certificate, version: "v1", contentType: "application/x-pem-file", isCertificate: true)
            return try #require(
                try Self.answer(plan, [.secret(bundle), Self.secret(SecretBytes("p"), version: password)]).versions
                    .first
            ).version
        }
        #expect(try version("1") == version("1"))
        #expect(try version("1") != version("2"))
        func missing(_ text: String) throws -> String? {
            let plan = try Self.plan("{objectName: a, objectType: secret, default: \(text)}")
            return try MountResponse(plan, fetched: [[]], conversion: ContentConversion(), now: testNow).versions.first?
                .version
        }
        #expect(try missing("x") != missing("y"))
    }

    @Test("All objects that cannot be converted are reported together, in their order")
    func allOrNothing() throws {
        let plan = try Self.plan(
            """
            {objectName: a, objectType: secret, objectEncoding: hex}, {objectName: b, objectType: secret},
            {objectName: c, objectType: secret, objectEncoding: base64}
            """)
        let error = #expect(throws: ProviderError.self) {
            try Self.answer(plan, ["zz", "fine", "!"].map { Self.secret(SecretBytes($0)) })
        }
        #expect(
            error?.parts.map(\.message) == [
                "failed to get objectType:secret, objectName:a, objectVersion:: "
                    + "encoding/hex: invalid byte in the secret's value",
                "failed to get objectType:secret, objectName:c, objectVersion:: illegal base64 data at input byte 0",
            ])
    }

    @Test("A suffix that makes two file names equal is refused")
    func suffixConflict() throws {
        let plan = try Self.plan(
            "{objectName: a, objectType: secret}, {objectName: b, objectType: secret, objectAlias: a.crt}")
        let certificate = VaultItem.secret(
            SecretBundle(
                value: SecretBytes("x"), version: "1", contentType: "application/x-pem-file", isCertificate: true))
        let error = #expect(throws: ProviderError.self) {
            try Self.answer(plan, [certificate, Self.secret(SecretBytes("y"))], separates: true)
        }
        #expect(error?.code == .pathConflict)
        #expect(error?.message == "paths a.crt and a.crt cannot both exist in the volume")
    }

    @Test("A suffix that makes a name too long is refused")
    func suffixLength() throws {
        let name = String(repeating: "n", count: 255)
        let plan = try Self.plan("{objectName: a, objectType: secret, objectAlias: \(name)}")
        let certificate = VaultItem.secret(
            SecretBundle(
                value: SecretBytes("x"), version: "1", contentType: "application/x-pem-file", isCertificate: true))
        let error = #expect(throws: ProviderError.self) { try Self.answer(plan, [certificate], separates: true) }
        #expect(error?.code == .pathInvalid)
    }

    @Test("A response without a file is refused")
    func empty() throws {
        let plan = try Self.plan("{objectName: a, objectType: secret}")
        let error = #expect(throws: ProviderError.self) { try Self.answer(plan, []) }
        #expect(error?.code == .objectNotFound)
    }

    @Test("4 MiB are accepted, and with one more byte the error names the largest files")
    func size() throws {
        let plan = try Self.plan("{objectName: big, objectType: secret}, {objectName: small, objectType: secret}")
        func answer(_ count: Int) throws(ProviderError) -> MountResponse {
            let big = SecretBytes([UInt8](repeating: 0x61, count: count))
            return try Self.answer(plan, [Self.secret(big), Self.secret(SecretBytes("s"))])
        }
        // The bytes of the message in addition to the content of the big file, including the length field itself.
        let overhead =
            (1 + 4 + 1 + 1 + 3 + 3 + 1 + 4) + (1 + 1 + 1 + 1 + 5 + 3 + 1 + 1 + 1) + (1 + 1 + 1 + 1 + 10 + 1 + 1 + 2)
            + (1 + 1 + 1 + 1 + 12 + 1 + 1 + 2)
        _ = try answer((4 << 20) - overhead)
        let error = #expect(throws: ProviderError.self) { try answer((4 << 20) - overhead + 1) }
        #expect(error?.code == .answerTooLarge)
        #expect(error?.message.hasPrefix("the volume's content has 4194305 bytes, the driver takes 4194304") == true)
        #expect(error?.message.contains("big (\((4 << 20) - overhead + 1) bytes), small (1 bytes)") == true)
    }
}
