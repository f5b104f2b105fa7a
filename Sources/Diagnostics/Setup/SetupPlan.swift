internal import Azure
internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The configuration of Azure that classes need: identities, federated credentials and roles.
package struct SetupPlan: Sendable {
    /// A user-assigned identity. It is found by its client ID, or by its name, and then created if it is missing.
    struct Identity: Sendable, Equatable {
        var clientID: String
        var name: String

        var title: String { name.isEmpty ? "with the client id \(clientID)" : name }
    }

    /// A permission for objects of one type in a vault.
    struct Grant: Sendable {
        var vault: String
        var type: KeyVaultObject.ObjectType
        /// The paths below the vault; empty strings for the whole vault.
        var paths: [String]
        /// The permissions for a vault that uses access policies.
        var permissions: [String]
    }

    /// The configuration for one identity.
    struct Part: Sendable {
        var identity: Identity
        /// The classes that use the identity, with the client ID in each of them.
        var classes: [(title: String, clientID: String)] = []
        var accounts: [ServiceAccountReference] = []
        var grants: [Grant] = []
        /// Commands for steps that do not concern the identity or the vaults.
        var commands: [String] = []
    }

    /// A class that the script does not set up, with the reason and the alternative.
    package struct Omission: Error, Sendable, CustomStringConvertible {
        var title: String
        var reason: String
        var fix: String

        package var description: String { "\(title): \(reason). To fix: \(fix)".printable }
    }

    /// A class and a pod that mounts it.
    struct Use: Sendable {
        var className: String
        var path: String
        var account: ServiceAccountReference
        /// The audience of the pod's token.
        var audience: String
    }

    package private(set) var omissions: [Omission] = []
    private(set) var parts: [Part] = []
    private(set) var uses: [Use] = []
    /// The lines about each class at the beginning of the script.
    private(set) var summaries: [String] = []
    /// The proper names of the clouds of all classes.
    private(set) var clouds: [String] = []
    /// The tenants of all classes, if they are IDs and not names.
    private(set) var tenants: [String] = []
    private(set) var settings: SetupSettings

    /// Whether the script has anything to set up.
    package var isNeeded: Bool { !parts.isEmpty }
    /// Whether the script may have to create an identity.
    var createsIdentity: Bool { parts.contains { !$0.identity.name.isEmpty } }
    /// Whether a federated credential needs the cluster's issuer.
    var needsIssuer: Bool { parts.contains { !$0.accounts.isEmpty } }

    package init(_ check: ManifestCheck, _ settings: SetupSettings) {
        self.settings = settings
        let workloads = check.workloads
        for parsedClass in check.classes {
            do throws(Omission) {
                var plan = self
                try plan.add(parsedClass, workloads.filter { $0.mounts(parsedClass) })
                self = plan
            } catch {
                omissions.append(error)
            }
        }
        guard clouds.count > 1 || tenants.count > 1 else { return }
        omissions.append(
            Omission(
                title: "The classes", reason: "they are in several \(clouds.count > 1 ? "clouds" : "tenants")",
                fix: "run akv-csi setup for the files of each one separately"))
        parts = []
    }

    private mutating func add(_ parsedClass: ClassManifest, _ users: [Workload]) throws(Omission) {
        let manifest = parsedClass.manifest
        let namespace =
            manifest.namespace ?? users.lazy.compactMap(\.manifest.namespace).first ?? settings.namespace
        let title = "SecretProviderClass \(namespace.isEmpty ? "" : "\(namespace)/")\(manifest.name)"
        guard !namespace.isEmpty else {
            throw Omission(
                title: title, reason: "it names no namespace, which is part of a token's subject",
                fix: "use --namespace NAMESPACE")
        }
        var names = users.map(\.template.serviceAccount)
        if names.isEmpty, !settings.serviceAccount.isEmpty { names = [settings.serviceAccount] }
        let accounts = names.reduce(into: [ServiceAccountReference]()) { found, name in
            let account = ServiceAccountReference(namespace: namespace, name: name)
            if !found.contains(account) { found.append(account) }
        }
        let volume = users.lazy.flatMap(\.volumes).first { $0.className == manifest.name }
        let hasCredential = volume?.csi["nodePublishSecretRef"]?["name"]?.text != nil
        for account in accounts.isEmpty ? [nil] : accounts.map(Optional.some) {
            switch parsedClass.validated(serviceAccount: account?.name, bringsCredential: hasCredential) {
            case .success(let configuration):
                let mount = Mount(configuration: configuration, title: title, account: account, first: accounts.first)
                try add(mount)
            case .failure(let error):
                throw Omission(
                    title: title, reason: "it has mistakes: \(error)",
                    fix: "akv-csi check \(manifest.path.shellWord)")
            }
        }
        summaries.append(title)
        let isBound = manifest.root["spec"]?["parameters"]?["useAzureTokenProxy"]?.text?.lowercased() == "true"
        let audience =
            isBound ? ServiceAccountTokens.identityBindingAudience : ServiceAccountTokens.workloadIdentityAudience
        for account in accounts {
            uses.append(Use(className: manifest.name, path: manifest.path, account: account, audience: audience))
            let pods = users.filter { $0.template.serviceAccount == account.name }.map(\.manifest.title)
            summaries.append(
                "  for \(pods.isEmpty ? "pods" : pods.joined(separator: ", ")) with the service account \(account.name)"
            )
        }
    }

    /// A class as it is mounted by pods of one service account.
    private struct Mount {
        var configuration: MountConfiguration
        var title: String
        /// The service account; nil if no pod is known.
        var account: ServiceAccountReference?
        /// The first service account of the class, which a new identity is named after.
        var first: ServiceAccountReference?

        func omission(_ reason: String, fix: String) -> Omission { Omission(title: title, reason: reason, fix: fix) }
    }

    private mutating func note(_ configuration: MountConfiguration) {
        if !clouds.contains(configuration.cloud.name) { clouds.append(configuration.cloud.name) }
        for source in MountPlan(configuration).sources {
            let tenant = source.authentication.tenantID.lowercased()
            if Self.isID(tenant), !tenants.contains(tenant) { tenants.append(tenant) }
        }
    }

    private mutating func add(_ mount: Mount) throws(Omission) {
        let configuration = mount.configuration
        let mode = configuration.identity.mode
        switch mode {
        case .podIdentity, .servicePrincipal:
            let former = mode == .podIdentity ? "aad-pod-identity, which is archived" : "a client secret"
            throw mount.omission(
                "it uses \(former); there is nothing to set up for that",
                fix: "change it with akv-csi migrate, then run akv-csi setup again")
        case .vmManagedIdentity where configuration.identity.clientID.isEmpty:
            throw mount.omission(
                "it uses the system-assigned identity of the nodes",
                fix: "assign the roles that akv-csi check --plan shows to that identity")
        case .workloadIdentity where mount.account == nil:
            throw mount.omission(
                "no pod in these files mounts it", fix: "add the file of the pods, or use --service-account NAME")
        default: break
        }
        if let subject = mount.account?.subject, !subject.hasOnlyASCIILettersAndDigits(or: "-.:") {
            throw mount.omission("\(subject) is not a service account", fix: "correct the names in the manifests")
        }
        note(configuration)
        let plan = MountPlan(configuration)
        for (index, source) in plan.sources.enumerated() {
            let clientID = source.authentication.identity.clientID
            let part = part(of: identity(clientID, mount.first))
            if parts[part].identity.clientID.isEmpty, parts[part].identity.name.isEmpty {
                throw mount.omission("its client id is a placeholder", fix: "use --identity NAME")
            }
            if !parts[part].classes.contains(where: { $0.title == mount.title && $0.clientID == clientID }) {
                parts[part].classes.append((mount.title, clientID))
            }
            if mode == .workloadIdentity, let account = mount.account, !parts[part].accounts.contains(account) {
                parts[part].accounts.append(account)
            }
            add(commandsFor: mode, to: part)
            let objects = plan.items.filter { $0.source == index }.map(\.object)
            for vault in [source.vault] + [source.fallback?.vault].compactMap({ $0 }) {
                for object in objects { grant(object, in: vault.name, to: part) }
            }
        }
    }

    private func identity(_ clientID: String, _ account: ServiceAccountReference?) -> Identity {
        if !settings.identity.isEmpty { return Identity(clientID: "", name: settings.identity) }
        if Self.isID(clientID) { return Identity(clientID: clientID.lowercased(), name: "") }
        // The client ID is a placeholder, so the identity does not exist yet.
        return Identity(clientID: "", name: account.map { AzureCommand.resourceName(of: $0) } ?? "")
    }

    private mutating func part(of identity: Identity) -> Int {
        if let index = parts.firstIndex(where: { $0.identity == identity }) { return index }
        parts.append(Part(identity: identity))
        return parts.count - 1
    }

    private mutating func add(commandsFor mode: IdentityMode, to part: Int) {
        let command: String
        switch mode {
        case .vmManagedIdentity: command = AzureCommand.assignToNodes
        case .azureTokenProxy: command = AzureCommand.bindIdentity
        default: return
        }
        if !parts[part].commands.contains(command) { parts[part].commands.append(command) }
    }

    private mutating func grant(_ object: KeyVaultObject, in vault: String, to part: Int) {
        // A selector lists all objects of the vault, and a role on one object does not allow that.
        let isWhole = !settings.assignsOnObjects || object.selector != nil
        let path = isWhole ? "" : "/\(object.type.collection)/\(object.name)"
        let permissions = ["get"] + (object.wantsHistory || object.selector != nil ? ["list"] : [])
        let index = parts[part].grants.firstIndex { $0.vault == vault && $0.type == object.type }
        guard let index else {
            return parts[part].grants.append(
                Grant(vault: vault, type: object.type, paths: [path], permissions: permissions))
        }
        var grant = parts[part].grants[index]
        if path.isEmpty {
            grant.paths = [""]
        } else if grant.paths != [""], !grant.paths.contains(path) {
            grant.paths.append(path)
        }
        if permissions.count > grant.permissions.count { grant.permissions = permissions }
        parts[part].grants[index] = grant
    }

    /// Whether a text is the ID of a client or a tenant, and not a placeholder or a name.
    private static func isID(_ text: String) -> Bool {
        let groups = text.split(separator: "-", omittingEmptySubsequences: false)
        return groups.map(\.utf8.count) == [8, 4, 4, 4, 12] && text.hasOnlyASCIILettersAndDigits(or: "-")
            && groups.allSatisfy { $0.allSatisfy(\.isHexDigit) } && !text.allSatisfy { "0-".contains($0) }
    }
}
