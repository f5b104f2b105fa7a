internal import AsyncSupport
internal import Azure
internal import Documents
internal import Logging
internal import ProviderCore
internal import SecretMemory

/// The log of one mount. It writes one line when the mount ends, at level `info` for a success and `error` for a
/// failure.
struct MountLog {
    private(set) var logger: Logger
    private var start = ContinuousClock.now

    init(_ logger: Logger) {
        self.logger = logger
        nameCall()
    }

    /// Returns the log for another call that repeats the mount.
    func restarted() -> MountLog {
        var copy = self
        copy.start = .now
        copy.nameCall()
        return copy
    }

    private mutating func nameCall() {
        let id = String(UInt32.random(in: 0 ... .max), radix: 16)
        logger[metadataKey: "call"] = "\(String(repeating: "0", count: 8 - id.count))\(id)"
    }

    /// Creates the log for messages about a class that do not belong to a mount.
    init(_ logger: Logger, rotationOf name: RotationHealth.ClassName) {
        self.logger = logger
        self.logger[metadataKey: "namespace"] = "\(name.namespace)"
        self.logger[metadataKey: "secret_provider_class"] = "\(name.name)"
    }

    mutating func identify(_ pod: PodReference) {
        logger[metadataKey: "pod"] = "\(pod.namespace.clipped)/\(pod.name.clipped)"
        logger[metadataKey: "secret_provider_class"] = "\(pod.secretProviderClass.clipped)"
    }

    /// Adds the fields of a validated mount, and logs `warnings`, which have not been logged before.
    mutating func note(_ attributes: ValidatedMount, warnings: [String]) {
        logger[metadataKey: "vault"] = "\(attributes.vaultName)"
        logger[metadataKey: "client_id"] = "\(attributes.identity.clientID.clipped)"
        if attributes.clientSourceAccount != nil {
            logger[metadataKey: "client_id_from"] = "service account annotation"
        }
        logger[metadataKey: "identity_mode"] = "\(attributes.identity.mode.rawValue)"
        logger[metadataKey: "objects"] = "\(attributes.objects.count)"
        for warning in warnings {
            logger.warning(
                "SecretProviderClass",
                metadata: ["code": "\(LogCode.settingIgnored.rawValue)", "warning": "\(warning)"])
        }
    }

    func succeeded(_ result: MountResult) {
        var counts: [ContentSource: Int] = [:]
        for source in result.contents.sources.joined() { counts[source, default: 0] += 1 }
        succeeded(files: result.response.files.count, counts)
    }

    /// Logs a successful mount with `files` files, all of whose contents were cached.
    func succeeded(files: Int, cached: Int) {
        succeeded(files: files, [.cached: cached])
    }

    private func succeeded(files: Int, _ contents: [ContentSource: Int]) {
        var metadata: Logger.Metadata = ["files": "\(files)", "duration_ms": "\(milliseconds)"]
        // Only counts above 0 are logged, which keeps the lines of an idle node short.
        for (source, count) in contents where count > 0 { metadata[source.rawValue] = "\(count)" }
        logger.info("mounted", metadata: metadata)
    }

    func failed(_ error: ProviderError) {
        logger.error(
            "mount failed",
            metadata: ["code": "\(error.code.rawValue)", "error": "\(error)", "duration_ms": "\(milliseconds)"])
    }

    /// Logs that an object expires soon or has expired.
    func logExpiry(_ notice: ExpiryWatch.Notice) {
        logger.warning(
            notice.daysLeft < 0 ? "object has expired" : "object expires soon",
            metadata: [
                "code": "\(LogCode.objectEnding.rawValue)", "object": "\(notice.object)",
                "vault_host": "\(notice.vaultHost)", "version": "\(notice.version)",
                "expires": "\(Timestamp.text(notice.expires))", "days_left": "\(notice.daysLeft)",
            ])
    }

    /// Logs that the rotation of a class has begun to fail, or works again.
    func logTransition(_ transition: RotationHealth.Transition?, _ cause: ErrorCode? = nil) {
        switch transition {
        case nil: return
        case .failing:
            logger.warning(
                "rotation failing",
                metadata: [
                    "code": "\(LogCode.rotationFailing.rawValue)", "cause": "\(cause?.rawValue ?? "")",
                ])
        case .recovered(let duration):
            logger.info("rotation recovered", metadata: Self.recovery("mounted", after: duration))
        case .ended(let duration):
            logger.info("rotation recovered", metadata: Self.recovery("pods gone", after: duration))
        }
    }

    private static func recovery(_ reason: String, after duration: Duration) -> Logger.Metadata {
        [
            "code": "\(LogCode.rotationRecovered.rawValue)", "reason": "\(reason)",
            "failing_seconds": "\(Int(duration.inSeconds))",
        ]
    }

    var elapsed: Duration { ContinuousClock.now - start }

    private var milliseconds: Double { (elapsed.inMilliseconds * 10).rounded() / 10 }
}
