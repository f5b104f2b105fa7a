internal import AsyncSupport
package import Azure
package import Logging
package import ProviderCore
package import ProviderTransport
package import SecretMemory

/// Handles the driver's Mount calls: it decodes a request, runs the mount, and encodes the response. All members can be
/// used from any thread.
package struct MountHandler: MetricsCollector {
    let mounts: MountPipeline
    private let metrics: ProviderMetrics
    private let logger: Logger
    let audit: AuditLog
    private let rotation: RotationHealth
    /// Posts Events on pods; nil if that is disabled.
    private let events: EventPoster?
    private let expiry: ExpiryWatch
    let volumes: VolumeRegistry
    private let warnings = WarningDeduplicator()
    private let places = MountPlaces()
    private let largeRequests = LargeRequests()
    let repeated = RepeatedMounts()

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
        volumes = VolumeRegistry(time: time)
    }

    /// Handles one call. It logs one line for the mount and records its audit lines, metrics and events, whether the
    /// mount succeeds or fails. Throws the gRPC status of the error.
    @Sendable package func handle(_ incoming: IncomingMount) async throws(RPCStatus) -> MountResponseMessage {
        let digest = mounts.canRepeat ? RequestDigest(incoming.request) : nil
        if let digest, let response = response(repeating: digest, incoming.request) { return response }
        var context = MountContext(
            log: MountLog(logger), targetPath: incoming.request.targetPath, place: places.place)
        defer { context.place.leave() }
        do throws(ProviderError) {
            let request = try largeRequests.enter(incoming.request)
            defer { request.leave() }
            let result = try await mountInTurn(incoming, request.namespace, &context)
            context.log.succeeded(result)
            if let pod = context.pod { volumes.succeeded(pod, context.targetPath, result) }
            succeeded(context.log, context.pod, context.targetPath, ExpiryWatch.Endings(result))
            let response = MountResponseMessage(result.response)
            keep(result, response, as: digest, context)
            return response
        } catch {
            throw failed(error, context)
        }
    }

    /// Runs the mount. If the namespace's share of the node's memory is used up, it first waits for other mounts, and
    /// holds only the request while it waits.
    private func mountInTurn(
        _ incoming: IncomingMount, _ namespace: String, _ context: inout MountContext
    ) async throws(ProviderError) -> MountResult {
        var secondsLeft = incoming.secondsLeft
        while true {
            var work = mounts.work(secondsLeft: secondsLeft)
            work.owner = namespace
            if let result = try await mount(incoming, work, &context) { return result }
            (context.validated, context.authorized) = (nil, nil)
            do throws(ProviderError) { try await context.place.wait(until: work.deadline) } catch {
                throw error.prefixed("failed to mount objects, error: ")
            }
            secondsLeft = incoming.secondsLeft - context.log.elapsed.inSeconds
        }
    }

    /// Decodes the request and runs the mount. Returns nil if the mount has to wait for its place. `context` holds what
    /// is known of the mount when an error is thrown.
    private func mount(
        _ incoming: IncomingMount, _ work: MountWork, _ context: inout MountContext
    ) async throws(ProviderError) -> MountResult? {
        var work = work
        let message = incoming.request
        var request = try await work.run(inputBytes: message.attributes.count + message.secrets.count) {
            () throws(ProviderError) in try Self.decode(message)
        }
        let pod = PodReference(request.attributes)
        context.pod = pod
        work.owner = pod.namespace
        context.log.identify(pod)
        do throws(ProviderError) {
            request = try await mounts.resolvingClient(of: request, work)
            let validated = try await mounts.validate(request, work)
            context.validated = validated
            context.log.note(validated, warnings: warnings.new(validated.warnings, for: pod))
            let authorized = try await mounts.authorize(validated, work)
            context.authorized = authorized
            guard context.place.take(validated.objects, of: pod.namespace) else { return nil }
            let volume = VolumeFingerprint(request)
            context.volume = volume
            let result = try await mounts.mount(authorized, into: volume, work)
            audit.succeeded(result, into: volume, context.log)
            return result
        } catch {
            throw error.prefixed("failed to mount objects, error: ")
        }
    }

    /// Records a successful mount.
    func succeeded(_ log: MountLog, _ pod: PodReference?, _ targetPath: String, _ endings: ExpiryWatch.Endings) {
        metrics.observeMount(log.elapsed, .ok, nil)
        guard let pod else { return }
        for notice in expiry.observe(pod, endings) { log.logExpiry(notice) }
        observeRotation(nil, pod, targetPath, log)
    }

    private func failed(_ error: ProviderError, _ context: MountContext) -> RPCStatus {
        context.log.failed(error)
        audit.failed(error, context.pod, context.validated, context.authorized, context.log)
        let status = error.rpcStatus
        metrics.observeMount(context.log.elapsed, status.code, error.code)
        // A cancelled mount does not predict the outcome of the next one.
        if error.code != .cancelled, let pod = context.pod {
            observeRotation(error, pod, context.targetPath, context.log)
            volumes.failed(pod, context.targetPath, context.validated, error)
            repeated.remove(VolumeRecord.Name(pod, context.targetPath))
        }
        return status
    }

    private func observeRotation(
        _ error: ProviderError?, _ pod: PodReference, _ targetPath: String, _ log: MountLog
    ) {
        let transitions = rotation.observe(pod, targetPath, error?.code)
        log.logTransition(transitions.class, error?.code)
        events?.note(transitions.volume, of: pod, error)
    }

    /// The number of mounts that wait for other mounts of their namespace.
    package var waitingMounts: Int { places.waiting }

    /// Drops expired entries.
    package func sweep() {
        mounts.sweep()
        repeated.sweep(keeping: mounts.isHeld)
        expiry.sweep()
        volumes.sweep()
        for (name, transition) in rotation.sweep() {
            MountLog(logger, rotationOf: name).logTransition(transition)
        }
    }

    /// The state of the node's volumes, and whether the driver rotates them.
    package var volumeStatuses: (volumes: [VolumeStatus], isRotating: Bool) { volumes.statuses }

    /// The metric families about the health and expiry of classes.
    package var families: [MetricFamily] { rotation.families + expiry.families }

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

/// The facts that are known about a mount so far, for its log line, audit lines and metrics.
struct MountContext {
    var log: MountLog
    let targetPath: String
    var place: MountPlace
    /// The pod; nil until the request is decoded.
    var pod: PodReference?
    var validated: ValidatedMount?
    var authorized: AuthorizedMount?
    var volume: VolumeFingerprint?
}
