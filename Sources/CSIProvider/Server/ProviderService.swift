package import Logging
internal import ProviderCore
package import ProviderTransport

/// Speaks the driver's protocol: decodes a call, has it mounted, encodes the answer, and says in one
/// log line how it went.
package struct ProviderService: Sendable {
    private let mounts: MountService
    private let metrics: ProviderMetrics
    private let logger: Logger

    package init(mounts: MountService, metrics: ProviderMetrics = ProviderMetrics(), logger: Logger) {
        self.mounts = mounts
        self.metrics = metrics
        self.logger = logger
    }

    /// The handler for the transport.
    @Sendable package func handle(_ incoming: IncomingMount) async throws(RPCStatus) -> MountAnswerMessage {
        var log = MountLog(logger)
        do throws(ProviderError) {
            let request = try Self.decode(incoming.request)
            log.identify(PodReference(request.attributes))
            let result: MountResult
            do throws(ProviderError) {
                let attributes = try mounts.validate(request)
                log.note(attributes)
                result = try await mounts.mount(
                    try mounts.authorize(attributes), into: VolumeFingerprint(request), secondsLeft: incoming.secondsLeft)
            } catch {
                throw error.prefixed("failed to mount objects, error: ")
            }
            log.succeeded(result)
            metrics.observeMount(log.elapsed, .ok, nil)
            return MountAnswerMessage(result.answer)
        } catch {
            log.failed(error)
            let status = error.rpcStatus
            metrics.observeMount(log.elapsed, status.code, error.code)
            throw status
        }
    }

    private static func decode(_ message: MountRequestMessage) throws(ProviderError) -> MountRequest {
        try MountRequest(
            attributes: SecretBytes(message.attributes), secrets: SecretBytes(message.secrets),
            permission: message.permission, targetPath: message.targetPath)
    }
}

extension MountAnswerMessage {
    init(_ answer: MountAnswer) {
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
