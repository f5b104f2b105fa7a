internal import AsyncSupport
package import Azure
package import Logging
internal import ProviderCore
package import ProviderTransport
package import SecretMemory

/// Speaks the driver's protocol: decodes a call, has it mounted, encodes the answer, and says in one
/// log line how it went.
package struct ProviderService: Sendable {
    private let mounts: MountPipeline
    private let metrics: ProviderMetrics
    private let logger: Logger
    private let audit: AuditLog
    private let rotation: RotationHealth
    /// Tells pods; nil for not telling them.
    private let events: EventPoster?
    private let expiry: ExpiryWatch
    private let warnings = WarningDeduplicator()

    package init(
        mounts: MountPipeline, metrics: ProviderMetrics = ProviderMetrics(), logger: Logger,
        audit: AuditLog.Level = .changes, events: EventPoster? = nil, time: TimeSource = .system
    ) {
        self.mounts = mounts
        self.metrics = metrics
        self.logger = logger
        self.audit = AuditLog(audit)
        self.events = events
        rotation = RotationHealth(time: time)
        expiry = ExpiryWatch(time: time)
    }

    /// The handler for the transport.
    @Sendable package func handle(_ incoming: IncomingMount) async throws(RPCStatus) -> MountResponseMessage {
        var log = MountLog(logger)
        var pod: PodReference?
        var valid: ValidatedMount?
        var permitted: AuthorizedMount?
        do throws(ProviderError) {
            var request = try Self.decode(incoming.request)
            let caller = PodReference(request.attributes)
            pod = caller
            log.identify(caller)
            let result: MountResult
            do throws(ProviderError) {
                request = try await mounts.identified(request, secondsLeft: incoming.secondsLeft)
                let mount = try mounts.validate(request)
                valid = mount
                log.note(mount, warnings: warnings.new(mount.warnings, for: caller))
                let authorized = try mounts.authorize(mount)
                permitted = authorized
                let volume = VolumeFingerprint(request)
                let secondsLeft = incoming.secondsLeft - log.elapsed.inSeconds
                result = try await mounts.mount(authorized, into: volume, secondsLeft: secondsLeft)
                audit.succeeded(result, into: volume, log.logger)
            } catch {
                throw error.prefixed("failed to mount objects, error: ")
            }
            log.succeeded(result)
            for notice in expiry.observe(caller, result) { log.logExpiry(notice) }
            metrics.observeMount(log.elapsed, .ok, nil)
            observeRotation(of: caller, request.targetPath, nil, log)
            return MountResponseMessage(result.answer)
        } catch {
            log.failed(error)
            audit.failed(error, pod, valid, permitted, log.logger)
            let status = error.rpcStatus
            metrics.observeMount(log.elapsed, status.code, error.code)
            // A mount that was given up says nothing about the next one.
            if let pod, error.code != .cancelled {
                observeRotation(of: pod, incoming.request.targetPath, error, log)
            }
            throw status
        }
    }

    private func observeRotation(
        of pod: PodReference, _ targetPath: String, _ error: ProviderError?, _ log: MountLog
    ) {
        let transitions = rotation.observe(pod, targetPath, succeeded: error == nil)
        log.logTransition(transitions.class, error?.code)
        events?.note(transitions.volume, of: pod, error)
    }

    /// Forgets what need not be kept any more.
    package func sweep() {
        mounts.sweep()
        expiry.sweep()
        for (name, transition) in rotation.sweep() {
            MountLog(logger, rotationOf: name).logTransition(transition)
        }
    }

    /// The health of the classes in Prometheus' text format.
    package var classesExposition: String { rotation.exposition + expiry.exposition }

    private static func decode(_ message: MountRequestMessage) throws(ProviderError) -> MountRequest {
        try MountRequest(
            attributes: SecretBytes(message.attributes), secrets: SecretBytes(message.secrets),
            permission: message.permission, targetPath: message.targetPath)
    }
}

extension MountResponseMessage {
    init(_ answer: MountResponse) {
        self.init(
            files: answer.files.map { file in
                File(path: file.path, mode: Int32(file.mode.rawValue), contents: file.contents)
            },
            objectVersions: answer.versions.map { ObjectVersionMessage(id: $0.id, version: $0.version) })
    }
}

extension SecretBytes: LendableBytes {
    package func withBytes(_ body: (UnsafeRawBufferPointer) -> Void) {
        withExposed(body)
    }
}
