internal import Azure
internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The configuration of Azure that the migrated manifests need, as commands or as Terraform.
extension Migration {
    /// Each federation with the objects that it reads, without duplicates.
    private var rights: [(federation: Federation, objects: [(vault: String, object: KeyVaultObject)])] {
        federations.map { federation in
            var seen: Set<String> = []
            return (
                federation,
                federation.objects.filter {
                    seen.insert("\($0.vault)/\($0.object.type.rawValue)/\($0.object.name)").inserted
                }
            )
        }
    }

    /// The commands for the Azure CLI, in a shell in which ISSUER is the cluster's issuer.
    package var commands: [String] {
        guard !federations.isEmpty else { return [] }
        var lines = [
            "ISSUER=$(az aks show --name '<cluster>' --resource-group '<group>' --query oidcIssuerProfile.issuerUrl --output tsv)"
        ]
        for (federation, objects) in rights {
            let name = "\(federation.namespace)-\(federation.serviceAccount)"
            switch federation.identity.kind {
            case .managed(let identity, let group):
                let identityName = identity ?? "<identity with client id \(federation.identity.clientID)>"
                lines.append(
                    "az identity federated-credential create --name \(name.shellQuoted)"
                        + " --identity-name \(identityName.shellQuoted)"
                        + " --resource-group \((group ?? "<group>").shellQuoted) --issuer \"$ISSUER\""
                        + " --subject \(federation.subject.shellQuoted)"
                        + " --audiences \(ServiceAccountTokens.workloadIdentityAudience)")
            case .application:
                let head = "{\"name\":\(JSONWriter.quoted(name)),\"issuer\":\""
                let tail =
                    "\",\"subject\":\(JSONWriter.quoted(federation.subject)),"
                    + "\"audiences\":[\"\(ServiceAccountTokens.workloadIdentityAudience)\"]}"
                lines.append(
                    "az ad app federated-credential create --id \(federation.identity.clientID.shellQuoted)"
                        + " --parameters \(head.shellQuoted)\"$ISSUER\"\(tail.shellQuoted)")
            }
            for (vault, object) in objects {
                let command = AzureCommand.role(for: object, vault: vault, assignee: federation.identity.clientID)
                if !lines.contains(command) { lines.append(command) }
            }
        }
        return lines
    }

    /// The same configuration as Terraform.
    package var terraform: String {
        guard !federations.isEmpty else { return "" }
        var blocks = [
            """
            variable "cluster_oidc_issuer" {
              type        = string
              description = "The cluster's OIDC issuer URL, slash at the end included."
            }
            """
        ]
        func add(_ block: String) { if !blocks.contains(block) { blocks.append(block) } }
        for (federation, objects) in rights {
            let identity = Self.label(of: federation.identity)
            let name = "\(federation.namespace)-\(federation.serviceAccount)"
            let principal: String
            switch federation.identity.kind {
            case .managed(let identityName, let group):
                principal = "data.azurerm_user_assigned_identity.\(identity).principal_id"
                add(
                    """
                    data "azurerm_user_assigned_identity" "\(identity)" {
                      name                = \(Self.text(identityName ?? "<identity with client id \(federation.identity.clientID)>"))
                      resource_group_name = \(Self.text(group ?? "<group>"))
                    }
                    """)
                add(
                    """
                    resource "azurerm_federated_identity_credential" "\(Self.label(name))" {
                      name                = \(Self.text(name))
                      resource_group_name = data.azurerm_user_assigned_identity.\(identity).resource_group_name
                      parent_id           = data.azurerm_user_assigned_identity.\(identity).id
                      issuer              = var.cluster_oidc_issuer
                      audience            = ["\(ServiceAccountTokens.workloadIdentityAudience)"]
                      subject             = \(Self.text(federation.subject))
                    }
                    """)
            case .application:
                principal = "data.azuread_service_principal.\(identity).object_id"
                add(
                    """
                    data "azuread_application" "\(identity)" {
                      client_id = \(Self.text(federation.identity.clientID))
                    }
                    """)
                add(
                    """
                    data "azuread_service_principal" "\(identity)" {
                      client_id = \(Self.text(federation.identity.clientID))
                    }
                    """)
                add(
                    """
                    resource "azuread_application_federated_identity_credential" "\(Self.label(name))" {
                      application_id = data.azuread_application.\(identity).id
                      display_name   = \(Self.text(name))
                      issuer         = var.cluster_oidc_issuer
                      audiences      = ["\(ServiceAccountTokens.workloadIdentityAudience)"]
                      subject        = \(Self.text(federation.subject))
                    }
                    """)
            }
            for (vault, object) in objects {
                add(
                    """
                    data "azurerm_key_vault" "\(Self.label(vault))" {
                      name                = \(Self.text(vault))
                      resource_group_name = "<group>"
                    }
                    """)
                add(
                    """
                    resource "azurerm_role_assignment" "\(Self.label("\(identity)-\(vault)-\(object.type.collection)-\(object.name)"))" {
                      scope                = "${data.azurerm_key_vault.\(Self.label(vault)).id}/\(object.type.collection)/\(Self.escaped(object.name))"
                      role_definition_name = \(Self.text(object.type.role))
                      principal_id         = \(principal)
                    }
                    """)
            }
        }
        return blocks.joined(separator: "\n\n") + "\n"
    }

    private static func label(of identity: FormerIdentity) -> String {
        if case .managed(let name?, _) = identity.kind { return label(name) }
        return label("client-\(identity.clientID)")
    }

    /// Returns a Terraform string in which nothing is evaluated.
    private static func text(_ text: String) -> String { "\"\(escaped(text))\"" }

    private static func escaped(_ text: String) -> String {
        // Bytes, because a quote with an accent on it is one character to Swift.
        String(Substring(JSONWriter.quoted(text).utf8.dropFirst().dropLast()))
            .replacing("${", with: "$${").replacing("%{", with: "%%{")
    }

    /// Returns a name that is valid in Terraform.
    private static func label(_ text: String) -> String {
        let label = String(text.map { $0.asciiValue.map(ASCII.isLetterOrDigit) == true ? $0 : "_" })
        return label.first?.isNumber == true ? "_\(label)" : label
    }
}
