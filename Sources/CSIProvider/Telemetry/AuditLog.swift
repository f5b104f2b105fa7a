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
    func succeeded(_ result: MountResult, into volume: VolumeFingerprint, _ log: MountLog) {
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
        for (delivery, isNew) in zip(deliveries, isNew) where isNew || level == .all {
            let object = delivery.item.object
            let authentication = result.plan.sources[delivery.item.source].authentication
            log.audit { fields in
                Self.add(mount.attributes.pod, &fields)
                if let rule = mount.rule { fields["policy_rule"] = .string(rule) }
                fields["result"] = "ok"
                fields["object"] = "\(object.type.rawValue)/\(object.name)"
                fields["version"] = .string(delivery.content.version)
                fields["source"] = .string(delivery.source.rawValue)
                fields["tenant"] = .string(authentication.tenantID)
                fields["vault_host"] = .string(delivery.content.vault.host)
                fields["vault"] = .string(delivery.content.vault.name)
                if object.source.clientID != nil {
                    fields["client_id"] = .string(authentication.identity.clientID.clipped)
                    if mount.attributes.clientSourceAccount != nil { fields["client_id_from"] = "object" }
                }
                if let selector = object.pickedBy { fields["picked_by"] = "\(selector)" }
            }
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
        digests.reserveCapacity(result.contents.items.reduce(0) { $0 + $1.count })
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
        _ log: MountLog
    ) {
        guard level != .off else { return }
        log.audit { fields in
            if let pod { Self.add(pod, &fields) }
            fields["result"] = "\(error.code.rawValue)"
            if let rule = authorized?.rule { fields["policy_rule"] = .string(rule) }
            guard let valid else { return }
            fields["tenant"] = .string(valid.tenantID)
            // The description of a private cloud is read only after the policy has allowed the mount.
            if let cloud = authorized?.attributes.cloud ?? valid.knownCloud {
                fields["vault_host"] = "\(VaultAddress(name: valid.vaultName, suffix: cloud.vaultSuffix).host)"
            }
            let names = valid.objects.map { object in
                "\(object.type.rawValue)/\(object.selector.map { "(\($0))" } ?? object.name)"
            }
            let requested = names.prefix(Self.longestList).joined(separator: ", ")
            fields["requested"] = "\(requested.bounded(toBytes: Self.longestText))"
        }
    }

    private static let longestList = 100
    /// The maximum length of a field in bytes. The names of `longestList` objects of average length fit.
    private static let longestText = 8 << 10

    private static func add(_ pod: PodReference, _ fields: inout Logger.Metadata) {
        fields["namespace"] = .string(pod.namespace.clipped)
        fields["service_account"] = .string(pod.serviceAccount.clipped)
        fields["pod_uid"] = .string(pod.uid.clipped)
    }
}
