internal import AsyncSupport
internal import Azure
internal import Documents
internal import Logging
internal import ProviderCore
internal import SecretMemory

/// The log of one mount. It writes one line when the mount ends, at level `info` for a success and `error` for a
/// failure.
struct MountLog {
    private let logger: Logger
    /// The fields of all lines of the mount.
    private var fields: Logger.Metadata = [:]
    private var start = ContinuousClock.now

    init(_ logger: Logger) {
        self.logger = logger
        // With room for the fields of the longest lines, which the lines add to a copy.
        fields.reserveCapacity(24)
        nameCall()
    }

    /// Returns a copy to keep for `restarted()`. It has room for the fields of a "mounted" line only: a cache keeps it,
    /// and each such line copies it.
    func kept() -> MountLog {
        var copy = self
        // The line adds the files, the duration and one or two counts.
        copy.fields = Logger.Metadata(minimumCapacity: fields.count + 4)
        for (key, value) in fields { copy.fields[key] = value }
        return copy
    }

    /// Returns the log for another call that repeats the mount.
    func restarted() -> MountLog {
        var copy = self
        copy.start = .now
        copy.nameCall()
        return copy
    }

    private mutating func nameCall() {
        var numbers = PseudoRandom()
        let id = String(UInt32.random(in: 0 ... .max, using: &numbers), radix: 16)
        fields["call"] = "\(String(repeating: "0", count: 8 - id.utf8.count))\(id)"
    }

    /// Creates the log for messages about a class that do not belong to a mount.
    init(_ logger: Logger, rotationOf name: RotationHealth.ClassName) {
        self.logger = logger
        fields = ["namespace": "\(name.namespace)", "secret_provider_class": "\(name.name)"]
    }

    mutating func identify(_ pod: PodReference) {
        fields["pod"] = "\(pod.namespace.clipped)/\(pod.name.clipped)"
        fields["secret_provider_class"] = .string(pod.secretProviderClass.clipped)
    }

    /// Adds the fields of a validated mount, and logs `warnings`, which have not been logged before.
    mutating func note(_ attributes: ValidatedMount, warnings: [String]) {
        fields["vault"] = .string(attributes.vaultName)
        fields["client_id"] = .string(attributes.identity.clientID.clipped)
        if attributes.clientSourceAccount != nil {
            fields["client_id_from"] = "service account annotation"
        }
        fields["identity_mode"] = .string(attributes.identity.mode.rawValue)
        fields["objects"] = .string("\(attributes.objects.count)")
        for warning in warnings {
            write(
                .warning, "SecretProviderClass",
                ["code": .string(LogCode.settingIgnored.rawValue), "warning": .string(warning)])
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
        // Most mounts write this line, so it copies the fields once and has no dictionary of its own.
        var fields = fields
        fields["files"] = .string("\(files)")
        fields["duration_ms"] = .string("\(milliseconds)")
        // Only counts above 0 are logged, which keeps the lines of an idle node short.
        for (source, count) in contents where count > 0 { fields[source.rawValue] = .string("\(count)") }
        logger.info("mounted", metadata: fields)
    }

    func failed(_ error: ProviderError) {
        write(
            .error, "mount failed",
            [
                "code": .string(error.code.rawValue), "error": .string("\(error)"),
                "duration_ms": .string("\(milliseconds)"),
            ])
    }

    /// Writes an audit line. `add` adds its own fields to those of the mount.
    func audit(_ add: (inout Logger.Metadata) -> Void) {
        var fields = fields
        add(&fields)
        logger.info("audit", metadata: fields)
    }

    private func write(_ level: Logger.Level, _ message: Logger.Message, _ own: Logger.Metadata) {
        logger.log(level: level, message, metadata: fields.merging(own) { $1 })
    }

    /// Logs that an object expires soon or has expired.
    func logExpiry(_ notice: ExpiryWatch.Notice) {
        write(
            .warning, notice.daysLeft < 0 ? "object has expired" : "object expires soon",
            [
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
            write(
                .warning, "rotation failing",
                ["code": "\(LogCode.rotationFailing.rawValue)", "cause": "\(cause?.rawValue ?? "")"])
        case .recovered(let duration):
            write(.info, "rotation recovered", Self.recovery("mounted", after: duration))
        case .ended(let duration):
            write(.info, "rotation recovered", Self.recovery("pods gone", after: duration))
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
