import Diagnostics
import ProviderCore

/// Names and versions that Key Vault cannot have, and keys whose effect differs from their name.
extension CheckCase {
    private typealias M = MarkedManifest

    static let keyVault = names + versions + misspelt + misplaced

    private static func entry(_ lines: String) -> String {
        M.secretProviderClass(
            M.client + "    objects: |\n      array:\n        - |\n"
                + lines.split(separator: "\n").map { "          \($0)\n" }.joined())
    }

    private static let names =
        [
            ("DB_PASSWORD", "write objectName: DB-PASSWORD, and objectAlias: DB_PASSWORD"),
            ("www.site.io", "write objectName: www-site-io, and objectAlias: www.site.io"),
            ("a;b", "write one entry for each"), ("a,b", "write one entry for each"),
            ("https://kv.vault.azure.net/secrets/a/0123", "write objectName: a"),
            ("secrets/a", "write objectName: a"), ("a/b", "letters, digits and dashes"),
            ("größe", "letters, digits and dashes"), (String(repeating: "a", count: 128), "127"),
        ].map { name, words in
            CheckCase(
                .objectName, words, entry("objectName: ▸\(name)\nobjectAlias: file\nobjectType: secret"))
        }

    private static let versions =
        [
            (
                "https://kv.vault.azure.net/secrets/a/0123456789abcdef0123456789abcdef",
                "write objectVersion: 0123456789abcdef0123456789abcdef"
            ),
            ("latest", "leave objectVersion out"), ("Latest", "leave objectVersion out"),
            ("\"1\"", "32 hexadecimal digits"), ("Previous", "write objectVersion: previous"),
        ].map { version, words in
            CheckCase(
                .objectVersion, words, entry("objectName: a\nobjectType: secret\nobjectVersion: ▸\(version)"))
        } + [
            CheckCase(
                .objectVersionHistory, "5000",
                entry("objectName: a\nobjectType: secret\nobjectVersionHistory: ▸2147483647")),
            CheckCase(
                .pfxOfCertificate, "part: pkcs12",
                entry("objectName: a\nobjectType: secret\nobjectFormat: ▸pfx")),
        ]

    private static let misspelt = [
        CheckCase(
            .objectInvalid, "write objectName instead of objectname", entry("▸objectname: a\nobjectType: secret")),
        CheckCase(.objectInvalid, "write objectName instead of name", entry("▸name: a\nobjectType: secret")),
        CheckCase(.objectInvalid, "write objectType instead of type", entry("objectName: a\n▸type: secret")),
        CheckCase(.objectInvalid, "outputs", entry("objectName: a\nobjectType: ▸cert\nobjectFormat: pfx")),
        CheckCase(
            .secretObjectInvalid, "write secretName instead of secretname",
            M.secretProviderClass(M.client + M.objects)
                + "\n  secretObjects:\n    - {▸secretname: s, type: Opaque, data: [{objectName: a, key: k}]}"),
        CheckCase(
            .secretObjectInvalid, "write objectName instead of objectname",
            M.secretProviderClass(M.client + M.objects)
                + "\n  secretObjects:\n    - {secretName: s, type: Opaque, data: [{▸objectname: a, key: k}]}"),
    ]

    private static let misplaced = [
        CheckCase(
            .keyMisplaced, "under spec",
            M.secretProviderClass(
                M.client + M.objects
                    + "\n    ▸secretObjects: |\n      - {secretName: s, type: Opaque, data: [{objectName: a, key: k}]}")
        ),
        CheckCase(
            .keyMisplaced, "under spec",
            M.secretProviderClass(M.client + M.objects)
                + "\n▸secretObjects:\n  - {secretName: s, type: Opaque, data: [{objectName: a, key: k}]}"),
        CheckCase(
            .keyMisplaced, "in the text of objects",
            M.secretProviderClass(
                M.client + M.objects + "\n    ▸array: |\n      - |\n        objectName: b\n        objectType: secret")),
        CheckCase(
            .keyMisplaced, "under spec.parameters",
            M.secretProviderClass(M.client + M.objects) + "\n  ▸cloudName: AzurePublicCloud"),
        CheckCase(
            .keyMisplaced, "in the text of objects",
            M.secretProviderClass(M.client + M.objects) + "\n  ▸array: []"),
        CheckCase(
            .keyMisplaced, "under spec",
            M.secretProviderClass(M.client + M.objects)
                + "\n      ▸secretObjects:\n        - {secretName: s, type: Opaque, data: []}"),
    ]
}
