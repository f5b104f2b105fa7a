internal import Azure
package import Documents
package import ProviderCore

/// The requests to Azure that mounting a class causes, the identity used for them, and the configuration of Azure that
/// they need.
package struct MountForecast: Sendable {
    /// The class, such as `SecretProviderClass team-payments/payments-keyvault`.
    package var subject: String
    /// The workloads that mount the class; empty if the files do not contain one.
    package var workloads: [String]
    package var mode: IdentityMode
    /// The reason for the mode.
    package var reason: String
    package var clientID: String
    /// The subjects of the tokens, one for each namespace and service account.
    package var subjects: [String]
    package var calls: [Call]
    package var commands: [String]

    /// One request, and the file that results from it.
    package struct Call: Sendable {
        package var method: String
        package var url: String
        /// The path of the file; empty for requests that do not result in one.
        package var file: String
        package var mode: String
    }

    /// Returns one forecast for the class, or one for each account that mounts it if accounts name the client.
    static func all(_ parsedClass: ClassManifest, workloads: [Workload]) -> [MountForecast] {
        let users = users(of: parsedClass, among: workloads)
        guard parsedClass.accounts != nil, users.count > 1 else {
            return MountForecast(parsedClass, workloads: users).map { [$0] } ?? []
        }
        var names: [String] = []
        for user in users where !names.contains(user.template.serviceAccount) {
            names.append(user.template.serviceAccount)
        }
        return names.compactMap { name in
            MountForecast(parsedClass, workloads: users.filter { $0.template.serviceAccount == name })
        }
    }

    private static func users(of parsedClass: ClassManifest, among workloads: [Workload]) -> [Workload] {
        workloads.filter { $0.mounts(parsedClass) }
    }

    /// Returns nil if the class has mistakes. `serviceAccount` replaces the workloads' service account.
    package init?(_ parsedClass: ClassManifest, workloads: [Workload], serviceAccount: String? = nil) {
        let users = Self.users(of: parsedClass, among: workloads)
        let volume = users.first?.volumes.first { $0.className == parsedClass.manifest.name }
        let result = parsedClass.validated(
            serviceAccount: serviceAccount ?? users.first?.template.serviceAccount,
            bringsCredential: volume?.csi["nodePublishSecretRef"]?["name"]?.text != nil)
        guard case .success(let attributes) = result else { return nil }
        let plan = MountPlan(attributes)
        subject = parsedClass.manifest.subject
        self.workloads = users.map { "\($0.manifest.title) as service account \($0.template.serviceAccount)" }
        mode = attributes.identity.mode
        reason = mode.reason(attributes.clientSourceAccount)
        clientID = mode == .servicePrincipal ? "" : attributes.identity.clientID
        subjects = users.reduce(into: []) { found, user in
            if !found.contains(user.subject) { found.append(user.subject) }
        }
        calls = Self.tokenCalls(plan) + plan.items.flatMap { Self.calls($0, plan.sources[$0.source].vault) }
        commands = Self.commands(attributes, plan, subjects: subjects)
    }

    /// Returns one exchange for each identity that is used for the vaults.
    private static func tokenCalls(_ plan: MountPlan) -> [Call] {
        var principals: [Principal] = []
        return plan.sources.flatMap { source -> [Call] in
            if principals.contains(source.principal) { return [] }
            principals.append(source.principal)
            return tokenCall(source.authentication)
        }
    }

    private static func tokenCall(_ authentication: AuthenticationContext) -> [Call] {
        let exchange = "\(authentication.cloud.authority)/\(authentication.tenantID)/oauth2/v2.0/token"
        switch authentication.identity.mode {
        case .workloadIdentity, .servicePrincipal: return [Call(method: "POST", url: exchange, file: "", mode: "")]
        case .azureTokenProxy:
            return [Call(method: "POST", url: "\(exchange) (through the cluster's token proxy)", file: "", mode: "")]
        case .vmManagedIdentity:
            return [Call(method: "GET", url: "the node's metadata service, 169.254.169.254", file: "", mode: "")]
        case .podIdentity:
            return [Call(method: "GET", url: "aad-pod-identity's agent, localhost:2579", file: "", mode: "")]
        }
    }

    private static func calls(_ item: MountPlan.Item, _ vault: VaultAddress) -> [Call] {
        let object = item.object
        guard object.selector == nil else {
            return [
                Call(method: "GET", url: "https://\(vault.host)/\(object.type.collection)", file: "", mode: ""),
                Call(
                    method: "GET", url: "https://\(vault.host)/\(object.type.collection)/<each that is picked>",
                    file: "", mode: item.mode.description),
            ]
        }
        let base = "https://\(vault.host)/\(object.type.collection)/\(object.name)"
        guard object.wantsHistory else {
            return [
                Call(
                    method: "GET", url: object.version.isEmpty ? base : "\(base)/\(object.version)",
                    file: item.path(version: 0), mode: item.mode.description)
            ]
        }
        let listed = min(object.versionHistory, maximumVersions)
        var calls = [Call(method: "GET", url: "\(base)/versions", file: "", mode: "")]
        calls += (0..<listed).map { index in
            Call(
                method: "GET", url: "\(base)/<version>", file: item.path(version: index), mode: item.mode.description)
        }
        if listed < object.versionHistory {
            let rest = "\(base)/<each of up to \(object.versionHistory - listed) more versions>"
            calls.append(Call(method: "GET", url: rest, file: "", mode: ""))
        }
        return calls
    }

    /// The maximum number of versions of a history that are listed separately.
    private static let maximumVersions = 50

    private static func commands(_ attributes: MountConfiguration, _ plan: MountPlan, subjects: [String]) -> [String] {
        var commands: [String] = []
        let mode = attributes.identity.mode
        if mode == .workloadIdentity {
            for subject in subjects.isEmpty
                ? ["system:serviceaccount:\(attributes.pod.namespace):<service account>"] : subjects
            {
                for source in plan.sources {
                    let command = AzureCommand.federatedCredential(
                        subject: subject, clientID: source.authentication.identity.clientID)
                    if !commands.contains(command) { commands.append(command) }
                }
            }
        }
        for item in plan.items {
            let source = plan.sources[item.source]
            let clientID = mode == .servicePrincipal ? "" : source.authentication.identity.clientID
            let assignee = clientID.isEmpty ? "<client id of the identity>" : clientID
            for vault in [source.vault] + [source.fallback?.vault].compactMap({ $0 }) {
                let command = AzureCommand.role(for: item.object, vault: vault.name, assignee: assignee)
                if !commands.contains(command) { commands.append(command) }
            }
        }
        return commands
    }

    package func text(_ style: TextStyle) -> String {
        var lines = [style(subject, .bold)]
        lines +=
            workloads.isEmpty ? ["  mounted by no workload in these files"] : workloads.map { "  mounted by \($0)" }
        lines.append("  as \(mode.rawValue), because \(reason)" + (clientID.isEmpty ? "" : ": client \(clientID)"))
        lines += subjects.map { "  token subject \($0)" }
        lines.append("  asks for")
        lines += TextStyle.table(
            calls.map { call in
                [call.method, call.url] + (call.file.isEmpty ? [] : ["-> \(call.file)", call.mode])
            }
        ).map { "    \($0)" }
        lines.append("  needs")
        lines += commands.map { "    \($0)" }
        return lines.joined(separator: "\n") + "\n"
    }

    package var json: JSONOutput {
        .object([
            ("object", .text(subject)), ("workloads", .texts(workloads)), ("identityMode", .text(mode.rawValue)),
            ("reason", .text(reason)), ("clientID", .text(clientID)), ("subjects", .texts(subjects)),
            (
                "calls",
                .array(
                    calls.map { call in
                        .object([
                            ("method", .text(call.method)), ("url", .text(call.url)), ("file", .text(call.file)),
                            ("mode", .text(call.mode)),
                        ])
                    })
            ),
            ("commands", .texts(commands)),
        ])
    }
}
