internal import ProviderCore
package import ProviderTransport

extension MountHandler {
    /// The number of mounts that are kept for repeated requests.
    package var repeatableMounts: Int { repeated.count }

    /// Whether `request` would get the kept response of the request before it.
    package func isRepeated(_ request: MountRequestMessage) -> Bool {
        guard mounts.canRepeat else { return false }
        return RequestDigest(request).flatMap(repeated.find).map { mounts.isRepeated($0.condition) } ?? false
    }

    /// Returns the response to a request that repeats the last one of its volume byte for byte, if it still has the
    /// same result, and nil otherwise. It records the same log line, audit and metrics as any mount.
    func response(repeating digest: RequestDigest, _ message: MountRequestMessage) -> MountResponseMessage? {
        guard let mount = repeated.find(digest), audit.isRepeated(mount.deliveries, into: mount.condition.volume),
            mounts.isRepeated(mount.condition), volumes.repeated(mount.pod, message.targetPath)
        else { return nil }
        mounts.countRepeated(mount.condition)
        let log = mount.log.restarted()
        log.succeeded(files: mount.response.files.count, cached: mount.condition.contentCount)
        succeeded(log, mount.pod, message.targetPath, mount.endings)
        return mount.response
    }

    /// Keeps a mount for the next request with the same bytes, if that request will have the same result. Otherwise
    /// removes what is kept for the volume.
    func keep(
        _ result: MountResult, _ response: MountResponseMessage, as digest: RequestDigest?, _ context: MountContext
    ) {
        guard let pod = context.pod else { return }
        let name = VolumeRecord.Name(pod, context.targetPath)
        guard let digest, let authorized = context.authorized, let volume = context.volume,
            let deliveries = audit.deliveries(of: result),
            let condition = mounts.repeatCondition(of: result, authorized, into: volume)
        else { return repeated.remove(name) }
        repeated.store(
            RepeatableMount(
                pod: pod, condition: condition, response: response, log: context.log.kept(), deliveries: deliveries,
                endings: ExpiryWatch.Endings(result)),
            for: digest, at: name)
    }
}
