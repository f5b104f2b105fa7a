import Diagnostics
import Testing

@Suite("A migration")
struct MigrationTests {
    private static let podIdentity = """
        # Who may read what.
        apiVersion: secrets-store.csi.x-k8s.io/v1
        kind: SecretProviderClass
        metadata: {name: c, namespace: team-a}
        spec:
          provider: azure
          parameters:
            usePodIdentity: "true"   # since 2021
            keyvaultName: kv-tests
            tenantID: 99999999-9999-4999-8999-999999999999
            objects: |
              array:
                - |
                  objectName: a      # the password
                  objectType: secret
        ---
        apiVersion: apps/v1
        kind: Deployment
        metadata: {name: web, namespace: team-a}
        spec:
          selector: {matchLabels: {app: web}}
          template:
            metadata:
              labels:
                app: web
                aadpodidbinding: web-identity  # see the wiki
            spec:
              serviceAccountName: web
              containers: [{name: web}]
              volumes:
                - name: secrets
                  csi:
                    driver: secrets-store.csi.k8s.io
                    readOnly: true
                    volumeAttributes: {secretProviderClass: c}
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          # The web's own.
          name: web
          namespace: team-a
        ---
        apiVersion: aadpodidentity.k8s.io/v1
        kind: AzureIdentity
        metadata: {name: web, namespace: team-a}
        spec:
          type: 0
          resourceID: /subscriptions/s/resourcegroups/rg-web/providers/Microsoft.ManagedIdentity/userAssignedIdentities/web-production
          clientID: 11111111-aaaa-4aaa-8aaa-000000000001
        ---
        apiVersion: aadpodidentity.k8s.io/v1
        kind: AzureIdentityBinding
        metadata: {name: web, namespace: team-a}
        spec: {azureIdentity: web, selector: web-identity}

        """

    private func migration(_ text: String) -> Migration {
        Migration([ManifestFile(path: "web.yaml", text: text)])
    }

    @Test("a migration from aad-pod-identity changes only the necessary lines")
    func fromPodIdentity() throws {
        let migration = migration(Self.podIdentity)
        #expect(migration.undecided.map(\.text) == [])
        let file = try #require(migration.changedFiles.first)
        let expected = Self.podIdentity
            .replacing(
                "    usePodIdentity: \"true\"",
                with: "    clientID: \"11111111-aaaa-4aaa-8aaa-000000000001\"\n    usePodIdentity: \"false\""
            )
            .replacing("aadpodidbinding: web-identity  #", with: "azure.workload.identity/use: \"true\"  #")
            .replacing(
                "  # The web's own.\n  name: web",
                with:
                    "  # The web's own.\n  annotations:\n    azure.workload.identity/client-id: \"11111111-aaaa-4aaa-8aaa-000000000001\"\n  name: web"
            )
        #expect(file.after == expected)
        #expect(migration.newManifests == [])
        #expect(
            migration.leftovers == [
                "kubectl delete azureidentity web --namespace team-a",
                "kubectl delete azureidentitybinding web --namespace team-a",
            ])
    }

    @Test("migrated manifests have no findings that need a fix, and need no further migration")
    func result() throws {
        let file = try #require(migration(Self.podIdentity).changedFiles.first)
        let end = try #require(file.after.firstRange(of: "---\napiVersion: aadpodidentity")).lowerBound
        let kept = String(file.after[..<end])
        #expect(ManifestCheck([ManifestFile(path: "web.yaml", text: kept)]).findings().map(\.message) == [])
        #expect(Migration([ManifestFile(path: "web.yaml", text: kept)]).changedFiles.isEmpty)
    }

    @Test("the steps in Azure are shown as commands and as Terraform")
    func azure() throws {
        let migration = migration(Self.podIdentity)
        #expect(
            migration.commands.contains(
                "az identity federated-credential create --name 'team-a-web' --identity-name 'web-production' --resource-group 'rg-web' --issuer \"$ISSUER\" --subject 'system:serviceaccount:team-a:web' --audiences api://AzureADTokenExchange"
            ))
        #expect(
            migration.commands.contains {
                $0.hasPrefix(
                    "az role assignment create --role 'Key Vault Secrets User' --assignee '11111111-aaaa-4aaa-8aaa-000000000001'"
                )
                    && $0.hasSuffix("'/secrets/a'")
            })
        for words in [
            "resource \"azurerm_federated_identity_credential\" \"team_a_web\"",
            "name                = \"web-production\"",
            "subject             = \"system:serviceaccount:team-a:web\"",
            "audience            = [\"api://AzureADTokenExchange\"]",
            "role_definition_name = \"Key Vault Secrets User\"", "}/secrets/a\"",
        ] {
            #expect(migration.terraform.contains(words), Comment(rawValue: words))
        }
        // Every block is closed.
        #expect(migration.terraform.count { $0 == "{" } == migration.terraform.count { $0 == "}" })
    }

    @Test("a migration from a client secret reads only the client id from the Secret")
    func fromClientSecret() throws {
        let text = Self.podIdentity
            .replacing("    usePodIdentity: \"true\"   # since 2021\n", with: "")
            .replacing("        aadpodidbinding: web-identity  # see the wiki\n", with: "")
            .replacing(
                "            volumeAttributes:",
                with: "            nodePublishSecretRef:\n              name: creds\n            volumeAttributes:")
        let start = try #require(text.firstRange(of: "---\napiVersion: aadpodidentity"))
        let secret = """
            ---
            apiVersion: v1
            kind: Secret
            metadata: {name: creds, namespace: team-a}
            data:
              clientid: MTExMTExMTEtYWFhYS00YWFhLThhYWEtMDAwMDAwMDAwMDA3
              clientsecret: aHVudGVyMg==

            """
        let migration = migration(text[..<start.lowerBound] + secret)
        #expect(migration.undecided.map(\.text) == [])
        let file = try #require(migration.changedFiles.first)
        #expect(file.after.contains("    clientID: \"11111111-aaaa-4aaa-8aaa-000000000007\"\n    keyvaultName"))
        #expect(!file.after.contains("nodePublishSecretRef") && !file.after.contains("name: creds\n            volume"))
        #expect(
            migration.commands.contains {
                $0.hasPrefix("az ad app federated-credential create --id '11111111-aaaa-4aaa-8aaa-000000000007'")
            })
        #expect(migration.terraform.contains("azuread_application_federated_identity_credential"))
        #expect(migration.leftovers == ["kubectl delete secret creds --namespace team-a"])
        #expect(!migration.text(TextStyle(isColoured: false)).contains("hunter2"))
    }

    @Test("a missing ServiceAccount is written")
    func newAccount() throws {
        let text = Self.podIdentity.replacing("kind: ServiceAccount", with: "kind: ConfigMap")
        let manifest = try #require(migration(text).newManifests.first)
        #expect(manifest.contains("kind: ServiceAccount") && manifest.contains("  name: web\n  namespace: team-a"))
        #expect(manifest.contains("azure.workload.identity/client-id: \"11111111-aaaa-4aaa-8aaa-000000000001\""))
    }

    @Test(
        "decisions that only the user can make are left open and reported",
        arguments: [
            (
                "azureIdentity: web, selector: web-identity", "azureIdentity: web, selector: other",
                "no AzureIdentityBinding"
            ),
            ("{matchLabels: {app: web}}", "{matchLabels: {aadpodidbinding: web-identity}}", "cannot be changed"),
            ("      serviceAccountName: web\n", "", "default service account"),
            ("secretProviderClass: c}", "secretProviderClass: d}", "no workload in these files mounts the class"),
            ("objectType: secret", "objectType: Secret", "see akv-csi check"),
            (
                "spec: {azureIdentity: web, selector: web-identity}",
                "spec: {azureIdentity: web, selector: web-identity}\n---\napiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentity\nmetadata: {name: other, namespace: team-a}\nspec: {type: 0, clientID: x}\n---\napiVersion: aadpodidentity.k8s.io/v1\nkind: AzureIdentityBinding\nmetadata: {name: other, namespace: team-a}\nspec: {azureIdentity: other, selector: web-identity}",
                "several identities"
            ),
        ])
    func undecided(part: String, replacement: String, words: String) throws {
        let text = Self.podIdentity.replacing(part, with: replacement)
        let notes = migration(text).undecided.map(\.text)
        #expect(words.isEmpty ? notes.isEmpty : notes.contains { $0.contains(words) }, "\(notes)")
    }

    @Test("names with characters of a shell or of Terraform are quoted")
    func quoting() throws {
        let text = Self.podIdentity.replacing("objectName: a ", with: "objectName: \"a$(id)'${x}\" ")
        // The accent and the quote before it are one character to Swift.
        let accent = migration(Self.podIdentity.replacing("objectName: a ", with: "objectName: \"\u{301}a'\u{301}\" "))
        #expect(accent.commands.contains { $0.hasSuffix("'/secrets/\u{301}a'\\''\u{301}'") })
        #expect(accent.terraform.contains("/secrets/\u{301}a'\u{301}\""))
        let migration = migration(text)
        #expect(migration.commands.contains { $0.hasSuffix("'/secrets/a$(id)'\\''${x}'") })
        #expect(migration.terraform.contains("/secrets/a$(id)'$${x}\""))
    }

    @Test("manifests that need no migration are unchanged")
    func nothing() throws {
        let text = MarkedManifest.secretProviderClass(MarkedManifest.client + MarkedManifest.objects)
        let migration = migration(text)
        #expect(!migration.isNeeded && migration.commands.isEmpty && migration.terraform.isEmpty)
    }
}
