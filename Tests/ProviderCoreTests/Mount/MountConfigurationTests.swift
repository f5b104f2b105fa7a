import ProviderCore
import Testing

@Suite("MountConfiguration")
struct MountAttributesTests {
    private static func validate(
        _ changes: [String: String?], secrets: [String: String]? = nil,
        environmentFile: @escaping @Sendable (String?) -> AzureCloud.EnvironmentFile? = { _ in nil }
    ) throws -> MountConfiguration {
        try MountConfiguration(
            validating: try mountRequest(ValidMount.attributes(changing: changes), secrets: secrets),
            MountConfiguration.Environment(
                defaultCloudName: "AzurePublicCloud", environmentFile: environmentFile, now: testNow))
    }

    private static func messages(_ changes: [String: String?]) throws -> [String] {
        do {
            _ = try validate(changes)
            return []
        } catch let error as ProviderError {
            return error.parts.isEmpty ? [error.message] : error.parts.map(\.message)
        }
    }

    @Test("A valid mount is read completely")
    func valid() throws {
        let attributes = try Self.validate([:])
        #expect(attributes.pod.name == "api-0")
        #expect(attributes.pod.namespace == "pay")
        #expect(attributes.pod.uid == "9aab")
        #expect(attributes.pod.serviceAccount == "api")
        #expect(attributes.pod.secretProviderClass == "payments")
        #expect(attributes.vaultName == "contoso-pay")
        #expect(attributes.tenantID == "72f988bf-86f1-41af-91ab-2d7cd011db47")
        #expect(attributes.cloud.vaultSuffix == "vault.azure.net")
        #expect(attributes.identity.mode == .workloadIdentity)
        #expect(attributes.identity.clientID == "1f2d3c4b-0000-4000-8000-000000000001")
        #expect(attributes.objects.map(\.name) == ["password"])
        #expect(attributes.defaultMode == .default)
        #expect(attributes.warnings.isEmpty)
    }

    @Test("Every parameter is trimmed")
    func trimmed() throws {
        let padded = ValidMount.attributes.filter { $0.key != "objects" }.mapValues { "\n \($0)\t\r\n" as String? }
        let attributes = try Self.validate(padded)
        #expect(attributes.vaultName == "contoso-pay")
        #expect(attributes.tenantID == "72f988bf-86f1-41af-91ab-2d7cd011db47")
        #expect(attributes.pod.name == "api-0")
        #expect(attributes.identity.clientID == "1f2d3c4b-0000-4000-8000-000000000001")
    }

    @Test(
        "Both spellings of the tenant are read, and the newer one wins",
        arguments: [
            ("new", nil, "new"), (nil, "old", "old"), ("new", "old", "new"), (" ", "old", "old"), ("", "old", "old"),
        ] as [(String?, String?, String)])
    func tenantSpellings(new: String?, old: String?, expected: String) throws {
        #expect(try Self.validate(["tenantID": new, "tenantId": old]).tenantID == expected)
    }

    @Test(
        "A tenant that could change the URL that contains it is refused",
        arguments: [
            "../common", "a/b", "a?b=c", "a#b", "a%2fb", "a\\b", "a@b", "a b", "a:b", "a..b", ".", "..", "tenant\u{0}x",
            "ténant", "a\nb", String(repeating: "t", count: 256),
        ])
    func badTenants(tenant: String) throws {
        let messages = try Self.messages(["tenantID": tenant])
        #expect(messages.count == 1)
        #expect(messages.first?.hasSuffix("is neither a directory id nor a domain name") == true)
    }

    @Test("A tenant may be a directory id, a domain or AD FS", arguments: ["contoso.onmicrosoft.com", "adfs", "a_b-1"])
    func goodTenants(tenant: String) throws {
        #expect(try Self.validate(["tenantID": tenant]).tenantID == tenant)
    }

    @Test("Booleans accept Go's words for false", arguments: ["", " ", "0", "f", "F", "FALSE", "false", "False", nil])
    func falseBooleans(text: String?) throws {
        let changes = ["usePodIdentity": text, "useVMManagedIdentity": text, "useAzureTokenProxy": text]
        #expect(try Self.validate(changes).identity.mode == .workloadIdentity)
    }

    @Test("Booleans accept Go's words for true", arguments: ["1", "t", "T", "TRUE", "true", "True", " true\n"])
    func trueBooleans(text: String) throws {
        #expect(try Self.validate(["usePodIdentity": text]).identity.mode == .podIdentity)
        #expect(try Self.validate(["useVMManagedIdentity": text]).identity.mode == .vmManagedIdentity)
        let message = try Self.messages(["useAzureTokenProxy": text]).first
        #expect(message?.hasPrefix("failed to build auth config for mode AzureTokenProxy: ") == true)
    }

    @Test("Other words for a boolean are refused in Go's words", arguments: ["yes", "tRuE", "on", "2", "tru"])
    func badBooleans(text: String) throws {
        for name in ["usePodIdentity", "useVMManagedIdentity", "useAzureTokenProxy"] {
            #expect(
                try Self.messages([name: " \(text) "])
                    == ["failed to parse \(name) flag, error: strconv.ParseBool: parsing \"\(text)\": invalid syntax"])
        }
    }

    @Test("Two identity modes together are refused")
    func modeConflict() throws {
        let expected =
            "only one identity mode can be enabled at a time: usePodIdentity, useVMManagedIdentity, or useAzureTokenProxy"
        #expect(try Self.messages(["usePodIdentity": "true", "useVMManagedIdentity": "1"]) == [expected])
        #expect(try Self.messages(["useAzureTokenProxy": "true", "useVMManagedIdentity": "1"]) == [expected])
    }

    @Test("Without a client id, the mode is service principal, and the error gives the reason")
    func noClientID() throws {
        let error = #expect(throws: ProviderError.self) { try Self.validate(["clientID": " "]) }
        #expect(error?.code == .credentialsMissing)
        #expect("\(error as Any)".contains("clientID is not set and no other mode is switched on"))
    }

    @Test(
        "A vault name follows Key Vault's rules",
        arguments: [
            ("kv", "must be between 3 and 24 chars"),
            (String(repeating: "v", count: 25), "must be between 3 and 24 chars"),
            ("my_vault", "must match [-a-zA-Z0-9]{3,24}"), ("vault.evil", "must match [-a-zA-Z0-9]{3,24}"),
            ("a/b?c", "must match [-a-zA-Z0-9]{3,24}"), ("väult", "must match [-a-zA-Z0-9]{3,24}"),
            ("a@b.c", "must match [-a-zA-Z0-9]{3,24}"),
        ])
    func badVaultNames(name: String, rule: String) throws {
        #expect(
            try Self.messages(["keyvaultName": name]) == [
                "failed to get vault: Invalid vault name: \"\(name)\", \(rule)"
            ])
    }

    @Test(
        "A vault name may have 3 to 24 letters, digits and hyphens",
        arguments: ["abc", "A-1", String(repeating: "v", count: 24)])
    func goodVaultNames(name: String) throws {
        #expect(try Self.validate(["keyvaultName": name]).vaultName == name)
    }

    @Test("All mistakes are reported together, in the order in which upstream finds them")
    func everything() throws {
        let messages = try Self.messages([
            "csi.storage.k8s.io/pod.name": nil, "csi.storage.k8s.io/pod.namespace": " ", "usePodIdentity": "maybe",
            "keyvaultName": nil, "tenantID": "", "cloudName": "Mars",
            "objects": "array: [{objectName: a, objectType: b}]",
        ])
        #expect(
            messages == [
                "pod name is not provided", "pod namespace is not provided",
                "failed to parse usePodIdentity flag, error: strconv.ParseBool: parsing \"maybe\": invalid syntax",
                "keyvaultName is not provided", "tenantId is not provided",
                "cloudName Mars is not valid, error: autorest/azure: There is no cloud environment matching the name \"MARS\"",
                "failed to get objectType:b, objectName:a, objectVersion:: "
                    + "Invalid vaultObjectTypes. Should be secret, key, or cert",
            ])
    }

    @Test("Mistakes of the identity, the vault and the objects are all reported")
    func identityAndObjects() throws {
        let messages = try Self.messages([
            ServiceAccountTokens.attribute: nil, "objects": nil, "keyvaultName": "a_b",
        ])
        #expect(
            messages == [
                "failed to build auth config for mode None (workload identity): failed to parse workload identity tokens, error: "
                    + "service account tokens not found",
                "objects is not set",
                "failed to get vault: Invalid vault name: \"a_b\", must match [-a-zA-Z0-9]{3,24}",
            ])
    }

    @Test("The cloud's file is read only if the cloud needs it")
    func environmentFile() throws {
        let json = #"{"activeDirectoryEndpoint":"https://login.local","keyVaultDNSSuffix":"vault.local:8443"}"#
        let file: @Sendable (String?) -> AzureCloud.EnvironmentFile? = { requested in
            AzureCloud.EnvironmentFile(
                path: requested ?? "/etc/cloud.json",
                contents: requested == nil
                    ? .success(Array(json.utf8))
                    : .failure(CloudEnvironmentError(text: "permission denied")))
        }
        let cloud = try Self.validate(["cloudName": "azurestackCLOUD"], environmentFile: file).cloud
        #expect(cloud.vaultSuffix == "vault.local:8443")
        #expect(try Self.validate(["cloudEnvFileName": "/x"], environmentFile: file).cloud.name == "AzurePublicCloud")
        let error = #expect(throws: ProviderError.self) {
            try Self.validate(["cloudName": "AzureStackCloud", "cloudEnvFileName": "/x"], environmentFile: file)
        }
        #expect(error?.message == "cloudName AzureStackCloud is not valid, error: open /x: permission denied")
    }

    @Test("Warnings about the objects are kept")
    func warnings() throws {
        let objects = "array: [{objectName: a, objectType: secret, ObjectAlias: b}]"
        #expect(try Self.validate(["objects": objects]).warnings.count == 1)
    }

    @Test("Errors and descriptions never show a token")
    func noLeak() throws {
        let token = token(claims: ValidMount.tokenClaims)
        let attributes = try Self.validate([:])
        for text in renderings(of: attributes) { #expect(!text.contains(token)) }
        let error = #expect(throws: ProviderError.self) { try Self.validate(["keyvaultName": nil, "objects": nil]) }
        #expect(!"\(error as Any)".contains(token))
    }
}
