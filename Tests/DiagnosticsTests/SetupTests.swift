import Azure
import Diagnostics
import ProviderCore
import Testing

@Suite("Setting up Azure")
struct SetupTests {
    private static let client = "5e9c2a64-3f5b-4f1f-9d6e-6d3b8a1c7e20"
    private static let other = "6e9c2a64-3f5b-4f1f-9d6e-6d3b8a1c7e21"

    /// A class with `objects`, and a pod that mounts it.
    private static func manifests(
        _ objects: String, parameters: String = "clientID: \(client)",
        tenant: String = "99999999-9999-4999-8999-999999999999",
        name: String = "shop", account: String = "web"
    ) -> String {
        """
        apiVersion: secrets-store.csi.x-k8s.io/v1
        kind: SecretProviderClass
        metadata: {name: \(name), namespace: team-shop}
        spec:
          provider: azure
          parameters:
            keyvaultName: kv-shop
            tenantID: \(tenant)
            \(parameters)
            objects: |
              array:
        \(objects.split(separator: "\n").map { "        - \($0)" }.joined(separator: "\n"))
        ---
        apiVersion: v1
        kind: Pod
        metadata: {name: \(name), namespace: team-shop}
        spec:
          serviceAccountName: \(account)
          containers: [{name: web}]
          volumes:
            - name: v
              csi:
                driver: secrets-store.csi.k8s.io
                volumeAttributes: {secretProviderClass: \(name)}
        ---

        """
    }

    private static func plan(_ text: String, _ change: (inout SetupSettings) -> Void = { _ in }) -> SetupPlan {
        var settings = SetupSettings()
        settings.issuer = "https://oidc.example/"
        change(&settings)
        return SetupPlan(ManifestCheck([ManifestFile(path: "shop.yaml", text: text)]), settings)
    }

    /// The script's own lines, without those of its functions.
    private static func steps(_ plan: SetupPlan) -> [String] {
        plan.script.split(separator: "\n").map(String.init).filter { line in
            ["identity_", "federate ", "vault ", "allow ", "cloud ", "subscription "].contains { line.hasPrefix($0) }
                && !line.contains("()")
        }
    }

    @Test("the roles and permissions are those that doctor and check recommend", arguments: ["secret", "key", "cert"])
    func roles(type: String) throws {
        let steps = Self.steps(Self.plan(Self.manifests("{objectName: a, objectType: \(type)}")))
        let object = try #require(KeyVaultObject.ObjectType(rawValue: type))
        let allow = try #require(steps.first { $0.hasPrefix("allow ") })
        #expect(allow == "allow \(object.collection) '\(object.role)' 'get' ''")
        // The script's steps for the collection.
        #expect("\(object.collection.dropLast())-permissions" == object.permissionOption)
    }

    @Test("an object's own vault and identity, and a fallback vault, have their own roles")
    func severalVaults() {
        let steps = Self.steps(
            Self.plan(
                Self.manifests(
                    """
                    {objectName: a, objectType: secret, fallbackVault: kv-dr}
                    {objectName: b, objectType: key, vault: kv-shared, clientID: \(Self.other)}
                    """)))
        #expect(
            steps.filter { !$0.hasPrefix("cloud") && !$0.hasPrefix("subscription") } == [
                "identity_with_client \(Self.client)",
                "federate team-shop_web-\(AzureCommand.digest(of: "https://oidc.example/")) "
                    + "'system:serviceaccount:team-shop:web' api://AzureADTokenExchange",
                "vault kv-dr", "allow secrets 'Key Vault Secrets User' 'get' ''",
                "vault kv-shop", "allow secrets 'Key Vault Secrets User' 'get' ''",
                "identity_with_client \(Self.other)",
                "federate team-shop_web-\(AzureCommand.digest(of: "https://oidc.example/")) "
                    + "'system:serviceaccount:team-shop:web' api://AzureADTokenExchange",
                "vault kv-shared", "allow keys 'Key Vault Crypto User' 'get' ''",
            ])
    }

    @Test("a selector and a history need the permission to list, and a selector needs it for the whole vault")
    func lists() {
        let text = Self.manifests(
            """
            {objectName: a, objectType: key}
            {select: {type: secret, name: "app-*"}}
            {objectName: c, objectType: cert, objectVersionHistory: 3}
            """)
        let steps = Self.steps(Self.plan(text) { $0.assignsOnObjects = true })
        #expect(
            steps.filter { $0.hasPrefix("allow") } == [
                "allow keys 'Key Vault Crypto User' 'get' '/keys/a'",
                "allow secrets 'Key Vault Secrets User' 'get list' ''",
                "allow certificates 'Key Vault Certificate User' 'get list' '/certificates/c'",
            ])
    }

    @Test("objects of two classes with one identity become one list without repetitions")
    func merging() {
        let object = "{objectName: a, objectType: secret}"
        let text = Self.manifests(object) + Self.manifests(object, name: "more", account: "worker")
        let steps = Self.steps(Self.plan(text))
        #expect(steps.count { $0.hasPrefix("identity_") } == 1)
        #expect(steps.count { $0.hasPrefix("allow ") } == 1)
        #expect(steps.count { $0.hasPrefix("federate ") } == 2)
    }

    @Test("classes of several clouds or tenants are not set up together")
    func severalClouds() {
        let object = "{objectName: a, objectType: secret}"
        let first = Self.manifests(object)
        for second in [
            Self.manifests(object, parameters: "clientID: \(Self.client)\n    cloudName: AzureChinaCloud", name: "two"),
            Self.manifests(object, tenant: "88888888-8888-4888-8888-888888888888", name: "two"),
        ] {
            let plan = Self.plan(first + second)
            #expect(!plan.isNeeded)
            #expect(plan.omissions.map(\.description).joined().contains("separately"))
        }
    }

    @Test(
        "the cloud has the name that the Azure CLI gives it",
        arguments: [
            ("AzurePublicCloud", "AzureCloud"), ("AzureUSGovernment", "AzureUSGovernment"),
            ("AzureChinaCloud", "AzureChinaCloud"),
        ])
    func cloudNames(class name: String, cli: String) {
        let text = Self.manifests(
            "{objectName: a, objectType: secret}", parameters: "clientID: \(Self.client)\n    cloudName: \(name)")
        #expect(Self.steps(Self.plan(text)).contains("cloud \(cli)"))
    }

    @Test("annotations name the identity if the provider uses them")
    func annotations() {
        let text =
            Self.manifests("{objectName: a, objectType: secret}", parameters: "")
                + """
                apiVersion: v1
                kind: ServiceAccount
                metadata:
                  name: web
                  namespace: team-shop
                  annotations: {azure.workload.identity/client-id: \(Self.client)}
                """
        let files = [ManifestFile(path: "shop.yaml", text: text)]
        let plan = SetupPlan(ManifestCheck(files, readsAnnotations: true), SetupSettings())
        #expect(Self.steps(plan).contains("identity_with_client \(Self.client)"))
        #expect(SetupPlan(ManifestCheck(files), SetupSettings()).omissions.count == 1)
    }

    @Test("each service account has a credential with its own name")
    func resourceNames() {
        let accounts = [
            ("a-b", "c"), ("a", "b-c"), ("a", "b.c"), ("a", String(repeating: "x", count: 100)),
            ("a", String(repeating: "x", count: 101)),
        ].map { ServiceAccountReference(namespace: $0.0, name: $0.1) }
        let names = accounts.map { AzureCommand.resourceName(of: $0) }
        #expect(Set(names).count == names.count, "\(names)")
        for name in names {
            // The name of a cluster, which has at most 63 characters, is added to a credential's name.
            #expect(
                (3...56).contains(name.count) && name.allSatisfy { $0.isLetter || $0.isNumber || "-_".contains($0) })
        }
    }

    @Test(
        "settings that are not names are refused",
        arguments: ["https://a/$(x)", "http://plain/", "https://a/'", "not a url"])
    func settings(issuer: String) {
        var settings = SetupSettings()
        settings.issuer = issuer
        #expect(settings.problem != nil)
        settings = SetupSettings()
        settings.identity = issuer + "$"
        #expect(settings.problem != nil)
    }
}
