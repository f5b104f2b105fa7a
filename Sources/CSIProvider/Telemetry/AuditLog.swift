internal import Azure
internal import Logging
internal import ProviderCore
internal import SecretMemory

/// Writes the audit lines of the log: which pod received which object, with which identity, allowed by which rule, and
/// from which source.
///
/// Azure's own log has no line for a response from the node's cache, so these lines are its only record. They name
/// objects and versions, and never contain a value.
package struct AuditLog: Sendable {
    /// The amount of audit lines.
    package enum Level: String, CaseIterable, Sendable {
        case off
        /// Each object that is new to a volume: all objects of its first mount, and later the changed ones; and every
        /// failure.
        case changes
        /// Every object of every mount.
        case all
    }

    private let level: Level
    private let delivered = DeliveredVersions()

    init(_ level: Level) {
        self.level = level
    }

    /// Logs a line for each object that was delivered to the volume.
    func succeeded(_ result: MountResult, into volume: VolumeFingerprint, _ logger: Logger) {
        guard level != .off else { return }
        let mount = result.mount
        var deliveries: [(item: MountPlan.Item, content: FetchedVersion, source: ContentSource)] = []
        for (index, item) in result.plan.items.enumerated() {
            for (content, source) in zip(result.contents.items[index], result.contents.sources[index]) {
                deliveries.append((item, content, source))
            }
        }
        let isNew = delivered.replace(
            volume, of: mount.attributes.pod.namespace, with: Self.digests(of: result))
        // Most mounts deliver nothing new, and end here.
        guard level == .all || isNew.contains(true) else { return }
        let common = Self.fields(mount.attributes.pod, mount.attributes.validated, mount)
        for (delivery, isNew) in zip(deliveries, isNew) where isNew || level == .all {
            let object = delivery.item.object
            let authentication = result.plan.sources[delivery.item.source].authentication
            var fields: Logger.Metadata = [
                "result": "ok", "object": "\(object.type.rawValue)/\(object.name)",
                "version": "\(delivery.content.version)", "source": "\(delivery.source.rawValue)",
                "tenant": "\(authentication.tenantID)", "vault_host": "\(delivery.content.vault.host)",
                "vault": "\(delivery.content.vault.name)",
            ]
            if object.source.clientID != nil {
                fields["client_id"] = "\(authentication.identity.clientID.clipped)"
                if mount.attributes.clientSourceAccount != nil { fields["client_id_from"] = "object" }
            }
            if let selector = object.pickedBy { fields["picked_by"] = "\(selector)" }
            logger.info("audit", metadata: common.merging(fields) { $1 })
        }
    }

    /// The content that a volume received, as one number for each object; empty if audit lines are disabled.
    struct Deliveries: Sendable {
        fileprivate var digests: [Int]
    }

    /// Returns what `result` delivers, or nil if every mount has audit lines.
    func deliveries(of result: MountResult) -> Deliveries? {
        switch level {
        case .off: Deliveries(digests: [])
        case .changes: Deliveries(digests: Self.digests(of: result))
        case .all: nil
        }
    }

    /// Whether `volume` last received the same content, so that no line is needed.
    func isRepeated(_ deliveries: Deliveries, into volume: VolumeFingerprint) -> Bool {
        level == .off || delivered.isLatest(deliveries.digests, of: volume)
    }

    private static func digests(of result: MountResult) -> [Int] {
        var digests: [Int] = []
        for (index, item) in result.plan.items.enumerated() {
            for (content, source) in zip(result.contents.items[index], result.contents.sources[index]) {
                var hasher = Hasher()
                hasher.combine(item.object.name)
                hasher.combine(content.version)
                hasher.combine(result.mount.rule)
                hasher.combine(source == .stale)
                digests.append(hasher.finalize())
            }
        }
        return digests
    }

    /// Logs one line for a failed mount: it delivers nothing, regardless of the object that failed.
    func failed(
        _ error: ProviderError, _ pod: PodReference?, _ valid: ValidatedMount?, _ authorized: AuthorizedMount?,
        _ logger: Logger
    ) {
        guard level != .off else { return }
        var fields = Self.fields(pod, valid, authorized)
        fields["result"] = "\(error.code.rawValue)"
        if let valid {
            let names = valid.objects.map { object in
                "\(object.type.rawValue)/\(object.selector.map { "(\($0))" } ?? object.name)"
            }
            let requested = names.prefix(Self.longestList).joined(separator: ", ")
            fields["requested"] = "\(requested.bounded(toBytes: Self.longestText))"
        }
        logger.info("audit", metadata: fields)
    }

    private static let longestList = 100
    /// The maximum length of a field in bytes. The names of `longestList` objects of average length fit.
    private static let longestText = 8 << 10

    /// Returns the fields about the pod, the identity and the rule that allowed the mount.
    private static func fields(
        _ pod: PodReference?, _ valid: ValidatedMount?, _ authorized: AuthorizedMount?
    ) -> Logger.Metadata {
        var fields: Logger.Metadata = [:]
        if let pod {
            fields["namespace"] = "\(pod.namespace.clipped)"
            fields["service_account"] = "\(pod.serviceAccount.clipped)"
            fields["pod_uid"] = "\(pod.uid.clipped)"
        }
        if let valid {
            fields["tenant"] = "\(valid.tenantID)"
            // The description of a private cloud is read only after the policy has allowed the mount.
            if let cloud = authorized?.attributes.cloud ?? valid.knownCloud {
                fields["vault_host"] = "\(VaultAddress(name: valid.vaultName, suffix: cloud.vaultSuffix).host)"
            }
        }
        if let rule = authorized?.rule { fields["policy_rule"] = "\(rule)" }
        return fields
    }
}
