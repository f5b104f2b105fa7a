internal import Azure
internal import ProviderCore
internal import SecretMemory

extension SetupPlan {
    /// A bash script that sets up everything that is missing and keeps everything that exists.
    ///
    /// Names from manifests are quoted arguments. The functions that receive them are in a separate file.
    package var script: String {
        var script = SetupScript()
        script.comment("Sets up Azure for these classes. Written by akv-csi setup.")
        script.comment("")
        for summary in summaries { script.comment("  \(summary)") }
        script.comment("")
        for omission in omissions { script.comment("Left out: \(omission)") }
        if !omissions.isEmpty { script.comment("") }
        script.comment(
            "The script keeps what exists, so it can be run again. It needs bash, and the Azure CLI logged in as")
        script.comment("someone who may create identities and assign roles.")
        script.line("set -euo pipefail")
        addSettings(to: &script)
        script.blank()
        script.text(String(decoding: PackageResources.functions_sh, as: UTF8.self))
        script.blank()
        script.line("command -v az >/dev/null ||")
        script.line(
            "  fail 'the Azure CLI, az, is not installed.' 'see https://learn.microsoft.com/cli/azure/install-azure-cli'"
        )
        for need in needs {
            script.line("need \(need.name) \"$\(need.name)\" \(need.meaning.shellQuoted)")
        }
        script.title("Subscription")
        if let cloud = azureCloud { script.line("cloud \(cloud.shellWord)") }
        script.line("subscription \((tenants.first ?? "").shellWord)")
        if needsIssuer {
            script.title("OIDC issuer of the cluster")
            script.line(settings.issuer.isEmpty ? "issuer" : "exists \"issuer $ISSUER\"")
        }
        for part in parts { add(part, to: &script) }
        script.title("Next")
        script.show(nextSteps)
        return script.text
    }

    /// The values that the script needs and that no option provides.
    package var needs: [(name: String, option: String, meaning: String)] {
        var needs: [(name: String, option: String, value: String, meaning: String)] = []
        if createsIdentity {
            needs.append(
                ("RESOURCE_GROUP", "--resource-group", settings.resourceGroup, "the resource group of the identity"))
        }
        if needsIssuer, settings.issuer.isEmpty {
            needs += [
                ("CLUSTER", "--cluster", settings.cluster, "the name of the AKS cluster"),
                (
                    "CLUSTER_RESOURCE_GROUP", "--cluster-resource-group", settings.clusterResourceGroup,
                    "the resource group of the AKS cluster"
                ),
            ]
        }
        return needs.filter(\.value.isEmpty).map { ($0.name, $0.option, $0.meaning) }
    }

    private func addSettings(to script: inout SetupScript) {
        var rows = [("SUBSCRIPTION", settings.subscription, "empty for the current subscription of az")]
        if createsIdentity { rows.append(("RESOURCE_GROUP", settings.resourceGroup, "of the identity")) }
        if needsIssuer, settings.issuer.isEmpty {
            rows.append(("CLUSTER", settings.cluster, "the AKS cluster"))
            rows.append(("CLUSTER_RESOURCE_GROUP", settings.clusterResourceGroup, "of the AKS cluster"))
        }
        script.blank()
        script.comment("The values that the manifests do not contain.")
        let lines = rows.map { name, value, comment in
            [value.isEmpty ? "\(name)=${\(name):-}" : "\(name)=\(value.shellWord)", "# \(comment)"]
        }
        for line in TextStyle.table(lines) { script.line(line) }
        if needsIssuer, !settings.issuer.isEmpty { script.line("ISSUER=\(settings.issuer.shellQuoted)") }
    }

    private func add(_ part: Part, to script: inout SetupScript) {
        script.title("Identity \(part.identity.title)")
        if part.identity.name.isEmpty {
            script.line("identity_with_client \(part.identity.clientID.shellWord)")
        } else {
            let location = settings.location.isEmpty ? "" : " --location \(settings.location.shellWord)"
            script.line("identity_named \(part.identity.name.shellWord)\(location)")
            for (title, clientID) in part.classes {
                script.line("client_of \(title.shellQuoted) \(clientID.shellQuoted)")
            }
        }
        if !part.accounts.isEmpty {
            script.comment("Pods with the tokens of these service accounts may sign in as the identity.")
        }
        for account in part.accounts {
            let name = AzureCommand.resourceName(of: account)
            let credential =
                settings.issuer.isEmpty
                ? "\"\(name)-$CLUSTER\"" : "\(name)-\(AzureCommand.digest(of: settings.issuer))".shellWord
            script.line(
                "federate \(credential) \(account.subject.shellQuoted) \(ServiceAccountTokens.workloadIdentityAudience)"
            )
        }
        var last = ""
        for grant in part.grants.sorted(by: { $0.vault < $1.vault }) {
            if grant.vault != last {
                script.comment("What the identity may read in this vault.")
                script.line("vault \(grant.vault.shellWord)")
            }
            last = grant.vault
            let paths = grant.paths.map { $0.isEmpty ? "''" : $0.shellQuoted }.joined(separator: " ")
            script.line(
                "allow \(grant.type.collection) \(grant.type.role.shellQuoted) "
                    + "\(grant.permissions.joined(separator: " ").shellQuoted) \(paths)")
        }
        for command in part.commands {
            script.comment("This step changes the cluster, so the script only shows it.")
            script.show(["yours    \(command)"])
        }
    }

    /// The name of the classes' cloud in the Azure CLI; nil for a cloud that the CLI does not know.
    private var azureCloud: String? {
        switch clouds.first {
        case "AzurePublicCloud": "AzureCloud"
        case "AzureUSGovernmentCloud": "AzureUSGovernment"
        case "AzureChinaCloud", "AzureGermanCloud": clouds.first
        default: nil
        }
    }

    private var nextSteps: [String] {
        var lines = ["New roles and credentials can take some minutes to take effect. To check:"]
        for use in uses.prefix(3) {
            let name = use.account.name.shellWord
            lines += [
                "",
                "kubectl create token \(name) --namespace \(use.account.namespace.shellWord) --audience \(use.audience) > token",
                "akv-csi doctor --token-file token --class \(use.className.shellWord) --service-account \(name) \(use.path.shellPath)",
            ]
        }
        for part in parts {
            let client = part.identity.clientID.isEmpty ? "CLIENT_ID" : part.identity.clientID
            lines += ["", "az role assignment list --all --assignee \(client) --output table"]
        }
        return lines
    }
}

extension String {
    /// The text as one word for a shell, with quotes only if it needs them; for paths.
    fileprivate var shellPath: String { !isEmpty && hasOnlyASCIILettersAndDigits(or: "-._/") ? self : shellQuoted }
}
