import AzureEmulator
import Foundation
import ProviderCore
import ProviderTransport
import Testing

/// One mistake in an otherwise correct mount, and the expected error.
struct Mistake: Sendable, CustomTestStringConvertible {
    var name: String
    var code: RPCCode
    /// Words that must occur in the message.
    var words: [String]
    var change: @Sendable (EmulatedEnvironment, inout [String: String]) async throws -> Void

    var testDescription: String { name }

    init(
        _ name: String, _ code: RPCCode, _ words: [String],
        _ change: @escaping @Sendable (EmulatedEnvironment, inout [String: String]) async throws -> Void
    ) {
        (self.name, self.code, self.words, self.change) = (name, code, words, change)
    }

    private static func set(_ key: String, _ value: String?)
        -> @Sendable (EmulatedEnvironment, inout [String: String]) -> Void
    {
        { _, attributes in attributes[key] = value }
    }

    private static func objects(_ items: String...) -> @Sendable (EmulatedEnvironment, inout [String: String]) -> Void {
        set("objects", EmulatedEnvironment.array(items))
    }

    private static func client(_ last: Int) -> @Sendable (EmulatedEnvironment, inout [String: String]) -> Void {
        set("clientID", "11111111-aaaa-4aaa-8aaa-00000000000\(last)")
    }

    private static func token(
        _ serviceAccount: String = "reader", _ namespace: String = "team-a",
        issuedFor audience: String = "api://AzureADTokenExchange", lifetime: Int = 3600
    ) -> @Sendable (EmulatedEnvironment, inout [String: String]) async throws -> Void {
        { world, attributes in
            let jwt = try await world.token(
                serviceAccount, namespace: namespace, audience: audience, lifetime: lifetime)
            attributes[tokens] =
                "{\"api://AzureADTokenExchange\":{\"token\":\"\(jwt)\",\"expirationTimestamp\":\"2099-01-01T00:00:00Z\"}}"
        }
    }

    private static let tokens = "csi.storage.k8s.io/serviceAccount.tokens"

    static let all: [Mistake] = [
        Mistake(
            "no pod name", .failedPrecondition, ["pod name is not provided", "podInfoOnMount"],
            set("csi.storage.k8s.io/pod.name", nil)),
        Mistake("no vault", .invalidArgument, ["keyvaultName is not provided"], set("keyvaultName", nil)),
        Mistake("no tenant", .invalidArgument, ["tenantId is not provided"], set("tenantID", " ")),
        Mistake("no objects", .invalidArgument, ["objects is not set"], set("objects", "")),
        Mistake(
            "unknown object type", .invalidArgument,
            [
                "failed to get objectType:Secret, objectName:plain", "Should be secret, key, or cert",
                "objectType: secret",
            ],
            objects(EmulatedEnvironment.object("Secret", "plain"))),
        Mistake(
            "traversal in an alias", .invalidArgument, ["file name must not contain '..'"],
            objects(EmulatedEnvironment.object("secret", "plain", "objectAlias: ../../etc/passwd"))),
        Mistake(
            "an absolute alias", .invalidArgument, ["file name must be a relative path"],
            objects(EmulatedEnvironment.object("secret", "plain", "objectAlias: /etc/passwd"))),
        Mistake(
            "two objects on one path", .invalidArgument, ["two objects have the same path plain"],
            objects(
                EmulatedEnvironment.object("secret", "plain"),
                EmulatedEnvironment.object("secret", "shared", "objectAlias: plain"))),
        Mistake(
            "a and a/b", .invalidArgument, ["path a of", "path a/b of", "a file and a directory"],
            objects(
                EmulatedEnvironment.object("secret", "plain", "objectAlias: a/b"),
                EmulatedEnvironment.object("secret", "shared", "objectAlias: a"))
        ),
        Mistake(
            "a vault name that is a host", .invalidArgument, ["Invalid vault name: \"evil.example\""],
            set("keyvaultName", "evil.example")),
        Mistake(
            "a tenant that leads elsewhere", .invalidArgument, ["neither a directory id nor a domain name"],
            set("tenantID", "../../evil?x=")),
        Mistake(
            "tokens that are not JSON", .failedPrecondition, ["failed to unmarshal service account tokens"],
            set(tokens, "{")),
        Mistake(
            "no tokens", .failedPrecondition, ["service account tokens not found", "tokenRequests"], set(tokens, nil)),
        Mistake(
            "a token of another audience only", .failedPrecondition,
            ["token for audience api://AzureADTokenExchange not found", "sts.amazonaws.com"],
            set(tokens, "{\"sts.amazonaws.com\":{\"token\":\"x\",\"expirationTimestamp\":\"2099-01-01T00:00:00Z\"}}")),
        Mistake(
            "a token made out for another audience", .failedPrecondition,
            ["sent for the audience api://AzureADTokenExchange is for", "audience: api://Other"],
            token(issuedFor: "api://Other")),
        Mistake(
            "an expired token", .unauthenticated, ["the service account token expired at", "clock"],
            token(lifetime: -60)),
        Mistake(
            "another service account's token", .unauthenticated,
            [
                "AADSTS700213", "--subject 'system:serviceaccount:team-a:other'", "trace id",
                "subject: system:serviceaccount:team-a:other",
            ],
            token("other")),
        Mistake(
            "a subject in other letter case", .unauthenticated, ["AADSTS7002138", "letter case"], token("Reader")),
        Mistake("a client without federation", .unauthenticated, ["AADSTS70025"], client(3)),
        Mistake("a client federated with another cluster", .unauthenticated, ["AADSTS700211", "issuer"], client(4)),
        Mistake("a client federated for another audience", .unauthenticated, ["AADSTS700212"], client(5)),
        Mistake("an unknown client", .unauthenticated, ["AADSTS700016", "clientID"], client(9)),
        Mistake(
            "an unknown tenant", .unauthenticated, ["AADSTS90002", "tenantID"],
            set("tenantID", "77777777-7777-4777-8777-777777777777")),
        Mistake(
            "an identity of another tenant than the vault's", .unauthenticated, ["AKV10032", "tenantID"],
            { _, attributes in
                attributes["clientID"] = "11111111-aaaa-4aaa-8aaa-000000000006"
                attributes["tenantID"] = "88888888-8888-4888-8888-888888888888"
            }),
        Mistake(
            "an identity without a role", .permissionDenied,
            [
                "ForbiddenByRbac", "az role assignment create --role 'Key Vault Secrets User'",
                "vault: kv-tests.vault.azure.net",
            ],
            { world, attributes in
                try await token("stranger", "team-b")(world, &attributes)
                attributes["clientID"] = "11111111-aaaa-4aaa-8aaa-000000000002"
            }),
        Mistake(
            "a missing object", .notFound,
            ["failed to get objectType:secret, objectName:absent, objectVersion:: ", "ERROR CODE: SecretNotFound"],
            objects(EmulatedEnvironment.object("secret", "absent"))),
        Mistake(
            "a missing version", .notFound, ["objectVersion:0123", "SecretNotFound"],
            objects(EmulatedEnvironment.object("secret", "plain", "objectVersion: \"0123\""))),
        Mistake(
            "a disabled secret", .permissionDenied, ["SecretDisabled", "enable"],
            objects(EmulatedEnvironment.object("secret", "disabled"))),
        Mistake(
            "base64 that is none", .invalidArgument, ["illegal base64 data at input byte 5", "objectName:plain"],
            objects(EmulatedEnvironment.object("secret", "plain", "objectEncoding: base64"))),
        Mistake(
            "an unknown cloud", .invalidArgument, ["cloudName Nebula is not valid", "NEBULA"],
            set("cloudName", "Nebula")),
        Mistake(
            "two identity modes together", .invalidArgument, ["only one identity mode can be enabled at a time"],
            { _, attributes in
                attributes["useVMManagedIdentity"] = "true"
                attributes["usePodIdentity"] = "1"
            }),
        Mistake(
            "neither a client id nor a secret", .failedPrecondition,
            [
                "failed to build auth config for mode None (service principal): failed to get credentials, nodePublishSecretRef secret is not set",
                "service principal, because clientID is not set",
            ],
            set("clientID", nil)),
        Mistake(
            "a managed identity that the node has not", .unauthenticated,
            ["Identity not found", "VM managed identity, because useVMManagedIdentity is true"],
            { _, attributes in
                attributes["useVMManagedIdentity"] = "true"
                attributes["userAssignedIdentityID"] = "00000000-0000-4000-8000-000000000000"
            }),
        Mistake(
            "a pod without an assigned identity", .unauthenticated,
            [
                "nmi response failed with status code: 404", "no AzureIdentity found for pod team-a/other",
                "AzureIdentityBinding",
            ],
            { _, attributes in
                attributes["usePodIdentity"] = "true"
                attributes["csi.storage.k8s.io/pod.name"] = "other"
            }),
        Mistake(
            "identity binding without its audience", .failedPrecondition,
            ["failed to parse service account token for identity binding", "api://AKSIdentityBinding"],
            set("useAzureTokenProxy", "true")),
    ]
}

@Suite("A mount that is refused", .timeLimit(.minutes(20)))
struct RefusalTests {
    @Test(
        "a mistake is refused with a code, the reason and the fix, and the next mount succeeds", arguments: Mistake.all)
    func refused(mistake: Mistake) async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let good = try await world.attributes(
                objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]))
            var bad = good
            try await mistake.change(world, &bad)
            let status = try await world.failure(bad)
            #expect(status.code == mistake.code)
            for word in ["failed to mount objects", " Fix: "] + mistake.words {
                #expect(status.message.contains(word), "\(status.message)")
            }
            #expect(!RPCCode.leavesEmptyVolume.contains(status.code))
            #expect(!status.message.contains("eyJ"), "a token leaked")
            #expect(try await world.mount(good).text("plain") == "plain value")
        }
    }

    @Test("every failing object is named, in the manifest's order")
    func allFailures() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let objects = EmulatedEnvironment.array([
                EmulatedEnvironment.object("secret", "absent"), EmulatedEnvironment.object("secret", "plain"),
                EmulatedEnvironment.object("key", "gone"),
                EmulatedEnvironment.object("secret", "disabled"),
            ])
            let status = try await world.failure(try await world.attributes(objects: objects))
            #expect(status.code == .notFound)
            let places = ["3 errors", "objectName:absent", "objectName:gone", "objectName:disabled"]
                .map { status.message.range(of: $0)?.lowerBound }
            #expect(!places.contains(nil))
            #expect(places.compactMap { $0 } == places.compactMap { $0 }.sorted())
        }
    }

    @Test("all mistakes of a manifest are listed together, without a request to Azure")
    func allMistakes() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            var attributes = try await world.attributes(
                objects: EmulatedEnvironment.array([
                    EmulatedEnvironment.object("Cert", "x"),
                    EmulatedEnvironment.object("secret", "y", "objectFormat: der"),
                ]))
            attributes["tenantID"] = nil
            attributes["keyvaultName"] = "a"
            let status = try await world.failure(attributes)
            for word in [
                "tenantId is not provided", "between 3 and 24", "secret, key, or cert", "invalid objectFormat",
            ] {
                #expect(status.message.contains(word), "\(status.message)")
            }
            #expect(world.emulator.callCounts == CallCounter.Counts())
        }
    }

    @Test("malformed JSON in each field is refused", arguments: ["attributes", "secrets", "permission"])
    func malformed(field: String) async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            let request = MountRequestMessage(
                attributes: Array((field == "attributes" ? "{\"a\":1}" : "{}").utf8),
                secrets: Array((field == "secrets" ? "[]" : "null").utf8), targetPath: "",
                permission: field == "permission" ? "rw-r--r--" : "420")
            await #expect { () async throws in
                _ = try await world.client.mount(request)
            } throws: { error in
                let expected = field == "permission" ? "file permission" : field
                return (error as? RPCStatus)?.code == .invalidArgument
                    && (error as? RPCStatus)?.message.contains("failed to unmarshal \(expected), error: ") == true
            }
        }
    }
}
