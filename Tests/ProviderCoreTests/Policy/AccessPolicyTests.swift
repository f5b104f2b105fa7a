import Foundation
import ProviderCore
import TestSupport
import Testing

/// The permissions of a policy in YAML and JSON, and the reports of its mistakes.
@Suite("A policy")
struct AccessPolicyTests {
    private static func permission(
        _ policy: String, _ changes: [String: String?] = [:], secrets: [String: String]? = nil,
        cloudFile: String? = nil
    ) throws -> String {
        let attributes = try MountConfiguration(
            validating: try mountRequest(ValidMount.attributes(changing: changes), secrets: secrets),
            MountConfiguration.Environment(
                defaultCloudName: "AzurePublicCloud",
                environmentFile: { requested in
                    AzureCloud.EnvironmentFile(
                        path: requested ?? "/own.json", contents: .success(Array((cloudFile ?? "").utf8)))
                }, now: testNow))
        return try AccessPolicy(parsing: policy).permission(for: attributes)
    }

    private static func mistakes(_ text: String) -> String {
        do throws(AccessPolicyError) {
            _ = try AccessPolicy(parsing: text)
            return ""
        } catch {
            return error.description(file: "p.yaml")
        }
    }

    private static func policy(_ rules: String..., fallbackDecision: String = "deny") -> String {
        "apiVersion: akv-csi/v1\ndefault: \(fallbackDecision)\nrules:\n"
            + rules.map { "  - { \($0) }\n" }.joined()
    }

    @Test(
        "a policy permits a mount that meets every limit of a rule, and no other",
        arguments: [
            ("name: a", true), ("name: a, namespaces: [pay]", true), ("name: a, namespaces: [pa]", false),
            ("name: a, namespaces: [\"p*\"]", true), ("name: a, namespaces: [other, \"?ay\"]", true),
            ("name: a, namespaces: [\"p?\"]", false), ("name: a, namespaces: [Pay]", false),
            ("name: a, serviceAccounts: [api]", true), ("name: a, serviceAccounts: [\"*x*\"]", false),
            ("name: a, namespaces: [pay], serviceAccounts: [other]", false),
            ("name: a, keyvaultNames: [contoso-pay]", true), ("name: a, keyvaultNames: [Contoso-PAY]", true),
            ("name: a, keyvaultNames: [contoso]", false), ("name: a, keyvaultNames: [\"contoso-*\"]", true),
            ("name: a, keyvaultNames: [contoso-pay.vault.azure.net]", true),
            ("name: a, keyvaultNames: [contoso-pay.vault.azure.cn]", false),
            ("name: a, tenantIDs: [72F988BF-86f1-41af-91ab-2d7cd011db47]", true), ("name: a, tenantIDs: [x]", false),
            ("name: a, clientIDs: [1f2d3c4b-0000-4000-8000-000000000001]", true), ("name: a, clientIDs: [x]", false),
            ("name: a, identityModes: [workloadIdentity]", true),
            ("name: a, identityModes: [vmManagedIdentity, servicePrincipal, podIdentity, azureTokenProxy]", false),
            ("name: a, cloudNames: [AzurePublicCloud]", true), ("name: a, cloudNames: [AzureChinaCloud]", false),
            ("name: a, objectTypes: [secret, key]", true), ("name: a, objectTypes: [cert]", false),
            ("name: a, objectNames: [\"pass*\"]", true), ("name: a, objectNames: [user]", false),
            ("name: a, keyvaultNames: [contoso-pay], objectNames: [user]", false),
        ])
    func limits(rule: String, isPermitted: Bool) throws {
        if isPermitted {
            #expect(try Self.permission(Self.policy(rule)) == "a")
        } else {
            let error = #expect(throws: ProviderError.self) { try Self.permission(Self.policy(rule)) }
            #expect(error?.code == .policyDenied)
        }
    }

    @Test("a policy limits every object of a class")
    func everyObject() throws {
        let objects =
            "array:\n  - |\n    objectName: password\n    objectType: secret\n  - |\n    objectName: root\n    objectType: key\n"
        let policy = Self.policy("name: a, objectNames: [password]")
        let error = #expect(throws: ProviderError.self) { try Self.permission(policy, ["objects": objects]) }
        #expect(error?.message.contains("rule a permits objectName password, not root") == true)
    }

    @Test(
        "tells names apart byte by byte",
        arguments: [
            // Swift takes the Kelvin sign for a K, and makes a k of it in lower case.
            ([key], "kv", true), ([kelvin], "kv", false), ([kelvin], "???v", true), ([kelvin, key], "???v", false),
        ])
    func lookalikes(names: [String], pattern: String, isPermitted: Bool) throws {
        let objects = "array: [\(names.map { "{objectName: \"\($0)\", objectType: secret}" }.joined(separator: ", "))]"
        let policy = Self.policy("name: a, objectNames: [\"\(pattern)\"]")
        if isPermitted {
            #expect(try Self.permission(policy, ["objects": objects]) == "a")
        } else {
            let error = #expect(throws: ProviderError.self) { try Self.permission(policy, ["objects": objects]) }
            #expect(error?.code == .policyDenied)
        }
    }

    private static let (key, kelvin) = ("Kv", "\u{212A}v")

    @Test("one permitting rule is sufficient, in any order")
    func rulesAddUp() throws {
        let a = "name: a, namespaces: [pay], keyvaultNames: [kv-one], clientIDs: [x]"
        let b = "name: b, namespaces: [pay], keyvaultNames: [contoso-pay]"
        #expect(try Self.permission(Self.policy(a, b)) == "b")
        #expect(try Self.permission(Self.policy(b, a)) == "b")
        // A mount cannot combine parts of two rules.
        let c = "name: c, keyvaultNames: [contoso-pay], clientIDs: [x]"
        let d = "name: d, keyvaultNames: [kv-one]"
        let error = #expect(throws: ProviderError.self) { try Self.permission(Self.policy(c, d)) }
        #expect(
            error?.message
                == "the operator's policy does not permit this to namespace pay and service account api: rule c permits clientID x, not 1f2d3c4b-0000-4000-8000-000000000001; rule d permits keyvaultName kv-one, not contoso-pay"
        )
    }

    @Test("the default applies only if no rule is for the pod")
    func standard() throws {
        let other = "name: a, namespaces: [other]"
        #expect(try Self.permission(Self.policy(other, fallbackDecision: "allow")) == "default")
        #expect(throws: ProviderError.self) { try Self.permission(Self.policy(other, fallbackDecision: "deny")) }
        let strict = "name: a, namespaces: [pay], keyvaultNames: [kv-one]"
        #expect(throws: ProviderError.self) { try Self.permission(Self.policy(strict, fallbackDecision: "allow")) }
    }

    @Test("a client that the class does not choose is treated as none")
    func noClient() throws {
        let machine: [String: String?] = ["useVMManagedIdentity": "true", "clientID": nil]
        #expect(throws: ProviderError.self) { try Self.permission(Self.policy("name: a, clientIDs: [x]"), machine) }
        #expect(try Self.permission(Self.policy("name: a, clientIDs: [\"\"]"), machine) == "a")
        let assigned = machine.merging(["userAssignedIdentityID": "x"]) { $1 }
        #expect(try Self.permission(Self.policy("name: a, clientIDs: [x]"), assigned) == "a")
        let secrets = ["clientid": "y", "clientsecret": "z"]
        let policy = Self.policy("name: a, clientIDs: [y], identityModes: [servicePrincipal]")
        #expect(try Self.permission(policy, ["clientID": nil], secrets: secrets) == "a")
    }

    @Test("a described cloud cannot pass as another, and a class cannot choose another description")
    func describedCloud() throws {
        let file =
            #"{"name":"AzurePublicCloud","activeDirectoryEndpoint":"https://evil.example","keyVaultDNSSuffix":"evil.example"}"#
        let own: [String: String?] = ["cloudName": "AzureStackCloud"]
        let another = own.merging(["cloudEnvFileName": "/tmp/x.json"]) { $1 }
        let publicOnly = Self.policy("name: a, cloudNames: [AzurePublicCloud]")
        #expect(throws: ProviderError.self) { try Self.permission(publicOnly, own, cloudFile: file) }
        let listed = Self.policy("name: a, cloudNames: [AzureStackCloud], cloudEnvFileNames: [/etc/clouds/a.json]")
        #expect(try Self.permission(listed, own, cloudFile: file) == "a")
        #expect(throws: ProviderError.self) { try Self.permission(listed, another, cloudFile: file) }
        let dots = own.merging(["cloudEnvFileName": "/etc/clouds/../clouds/a.json"]) { $1 }
        #expect(throws: ProviderError.self) { try Self.permission(listed, dots, cloudFile: file) }
        let host = Self.policy("name: a, keyvaultNames: [contoso-pay.vault.azure.net]")
        #expect(throws: ProviderError.self) { try Self.permission(host, own, cloudFile: file) }
    }

    @Test("a policy may be JSON")
    func json() throws {
        let text =
            "{\n\t\"apiVersion\": \"akv-csi/v1\", \"default\": \"deny\",\n\t\"rules\": [{\"name\": \"a\", \"namespaces\": [\"pay\"]}]\n}"
        #expect(try Self.permission(text) == "a")
    }

    @Test(
        "a policy with a mistake is refused completely, with the line and a suggestion",
        arguments: [
            ("", "a policy is one document, but this file has 0"),
            ("[]", "p.yaml:1: a policy must be a mapping with the keys apiVersion, default, rules"),
            ("apiVersion: akv-csi/v2\ndefault: deny", "p.yaml:1: apiVersion must be akv-csi/v1"),
            ("apiVersion: akv-csi/v1", "default is missing: allow or deny"),
            ("apiVersion: akv-csi/v1\ndefault: denied", "p.yaml:2: default must be allow or deny"),
            (
                "apiVersion: akv-csi/v1\ndefault: deny\nrule: []",
                "p.yaml:3: \"rule\" is not a key of a policy, did you mean rules?"
            ),
            (
                "clusterIssuer: x",
                "p.yaml:1: \"clusterIssuer\" is not a key of a policy. Use one of: apiVersion, default, rules"
            ),
            ("apiVersion: akv-csi/v1\ndefault: deny\n---\na: b", "this file has 2"),
            ("apiVersion: akv-csi/v1\ndefault: deny\nrules: {}", "p.yaml:3: rules must be a list"),
            ("apiVersion: akv-csi/v1\ndefault: deny\nrules: [", "p.yaml:"),
            (Self.policy("namespaces: [a]"), "p.yaml:4: a rule needs a name"),
            (Self.policy("name: default"), "p.yaml:4: a rule cannot have the name default"),
            (Self.policy("name: a", "name: a"), "p.yaml:5: another rule has the name a already"),
            (Self.policy("name: a, vaults: [x]"), "\"vaults\" is not a key of a rule, did you mean keyvaultNames?"),
            (Self.policy("name: a, clientIds: [x]"), "did you mean clientIDs?"),
            (Self.policy("name: a, namespace: [x]"), "did you mean namespaces?"),
            (Self.policy("name: a, namespaces: [x], namespaces: [y]"), "namespaces is already set in line 4"),
            (Self.policy("name: a, namespaces: x"), "namespaces must be a list, such as [ x ]"),
            (Self.policy("name: a, namespaces: []"), "an empty list permits nothing; leave namespaces out"),
            (Self.policy("name: a, namespaces: [~]"), "namespaces must be a list of texts"),
            (Self.policy("name: a, keyvaultNames:"), "keyvaultNames must be a list"),
            (Self.policy("name: a, identityModes: [workload]"), "did you mean workloadIdentity?"),
            (Self.policy("name: a, cloudNames: [\"*\"]"), "\"*\" is not a cloudName"),
            (Self.policy("name: a, cloudNames: [AzurePublic]"), "did you mean AzurePublicCloud?"),
            (Self.policy("name: a, objectTypes: [secrets]"), "did you mean secret?"),
            (Self.policy("name: a, cloudEnvFileNames: [\"/etc/*\"]"), "whole paths, without wild cards"),
        ])
    func mistakes(text: String, words: String) {
        let said = Self.mistakes(text)
        #expect(said.contains(words), "\(said)")
    }

    @Test("any file gives rules or mistakes, and never traps")
    func mutations() throws {
        let valid = Self.policy(
            "name: a, namespaces: [\"p*\"], keyvaultNames: [contoso-pay], identityModes: [workloadIdentity]",
            "name: b, cloudNames: [AzurePublicCloud], objectTypes: [secret, key], clientIDs: [\"\"]")
        var random = SeededRandom(seed: 9)
        var (readable, broken) = (0, 0)
        for _ in 0..<2000 {
            let text = String(decoding: random.mutation(of: Array(valid.utf8)), as: UTF8.self)
            do throws(AccessPolicyError) {
                _ = try AccessPolicy(parsing: text)
                readable += 1
            } catch {
                broken += 1
                #expect(!error.mistakes.isEmpty)
                for mistake in error.mistakes { #expect(mistake.reason.count < 600) }
            }
        }
        #expect(readable > 10 && broken > 1000)
    }

    @Test("all mistakes of a policy are reported together")
    func allMistakes() {
        let said = Self.mistakes(Self.policy("name: a, vault: [x]", "name: b, objectType: [key], tenantIDs: []"))
        #expect(said.components(separatedBy: "p.yaml:").count == 4, "\(said)")
    }
}
