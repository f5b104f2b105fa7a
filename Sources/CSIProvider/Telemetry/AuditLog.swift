internal import Azure
internal import Logging
internal import ProviderCore
internal import SecretMemory

/// Tells auditors, in lines of the log, who was given what, with which identity, by which rule and from where.
///
/// Azure's own log has no line for what a node answers from delivered, so this is the only record of it.
/// It names objects and versions and never holds a value.
package struct AuditLog: Sendable {
    /// How much is logged.
    package enum Level: String, CaseIterable, Sendable {
        case off
        /// What a volume was not given before: every object of its first mount, later the changed ones.
        /// And every failure.
        case changes
        /// Every object of every mount.
        case all
    }

    private let level: Level
    private let delivered = DeliveredVersions()

    init(_ level: Level) {
        self.level = level
    }

    /// A line for each object that went to the volume.
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
        // Most mounts bring nothing new, and cost no more than this.
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

    /// What a volume was given, one number for each object; empty if nothing is recorded.
    struct Deliveries: Sendable {
        fileprivate var digests: [Int]
    }

    /// What `result` delivers; nil if each mount has lines of its own.
    func deliveries(of result: MountResult) -> Deliveries? {
        switch level {
        case .off: Deliveries(digests: [])
        case .changes: Deliveries(digests: Self.digests(of: result))
        case .all: nil
        }
    }

    /// Whether `volume` was last given the same, so that there is nothing to record.
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

    /// One line: a mount that fails delivers nothing, whichever object is the cause.
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
    /// In bytes. The names of that many objects of usual length fit.
    private static let longestText = 8 << 10

    /// Who asked, with which identity, and what let them.
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
            // Of a private cloud nothing is known before the policy has let the mount pass.
            if let cloud = authorized?.attributes.cloud ?? valid.knownCloud {
                fields["vault_host"] = "\(VaultAddress(name: valid.vaultName, suffix: cloud.vaultSuffix).host)"
            }
        }
        if let rule = authorized?.rule { fields["policy_rule"] = "\(rule)" }
        return fields
    }
}
