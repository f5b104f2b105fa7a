/// What a node's provider holds, without any secret value: the document behind `akv-csi status`.
///
/// All times are in seconds since 1970.
package struct NodeStatus: Sendable, Equatable {
    /// When the document was made.
    package var time: Int
    package var provider: Provider
    /// By namespace, pod and path.
    package var volumes: [VolumeStatus]
    /// The number of volumes that the document has no room for.
    package var omittedVolumes = 0

    package struct Provider: Sendable, Equatable {
        package var version: String
        /// Nil if the provider does not know it.
        package var node: String?
        package var startedAt: Int
        /// In seconds, of classes that set none; 0 if every mount asks the vault.
        package var refreshInterval: Int
        /// How old a value may be to stand in for a vault that cannot be asked, in seconds; 0 for never.
        package var staleIfError: Int
        /// The driver has asked for a volume again after it was filled, so rotation is switched on.
        package var isRotating: Bool

        package init(
            version: String, node: String?, startedAt: Int, refreshInterval: Int, staleIfError: Int, isRotating: Bool
        ) {
            self.version = version
            self.node = node
            self.startedAt = startedAt
            self.refreshInterval = refreshInterval
            self.staleIfError = staleIfError
            self.isRotating = isRotating
        }
    }

    package init(time: Int, provider: Provider, volumes: [VolumeStatus], omittedVolumes: Int = 0) {
        self.time = time
        self.provider = provider
        self.volumes = volumes
        self.omittedVolumes = omittedVolumes
    }

    /// The socket of the status next to the provider's socket. The driver takes files that end with `.sock` for
    /// providers, so this one does not.
    package static func socketPath(nextTo providerSocket: String) -> String {
        let ending = ".sock"
        return (providerSocket.hasSuffix(ending) ? String(providerSocket.dropLast(ending.count)) : providerSocket)
            + ".status"
    }

    /// The path of the document in an HTTP request.
    package static let requestPath = "/status"
}

/// One pod's volume.
package struct VolumeStatus: Sendable, Equatable {
    package enum State: String, Sendable, CaseIterable {
        /// The last mount succeeded, with contents that the vault has confirmed within the refresh interval.
        case ok
        /// The last mount succeeded with older contents, because the vault could not be asked.
        case stale
        /// The last mount failed. A pod that was mounted before keeps its files.
        case failing
    }

    package struct Identity: Sendable, Equatable {
        package var mode: String
        /// Empty where the identity is not of the class's choosing.
        package var clientID: String
        package var tenantID: String

        package init(mode: String, clientID: String, tenantID: String) {
            self.mode = mode
            self.clientID = clientID
            self.tenantID = tenantID
        }
    }

    package struct Failure: Sendable, Equatable {
        package var code: String
        /// Code, cause and fix.
        package var message: String
        /// When it last happened.
        package var at: Int
        /// When the volume began to fail; nil once it works again.
        package var since: Int?

        package init(code: String, message: String, at: Int, since: Int?) {
            self.code = code
            self.message = message
            self.at = at
            self.since = since
        }
    }

    package var namespace: String
    package var pod: String
    package var podUID: String
    package var serviceAccount: String
    package var className: String
    package var targetPath: String
    package var state: State
    /// The driver asks for other volumes and has not asked for this one for ten minutes: its pod is probably gone.
    package var isGone = false
    /// Nil before the class could be read.
    package var identity: Identity?
    /// The vault of the class; objects may name others.
    package var vault: String?
    /// When the driver last asked for the volume.
    package var lastMountAt: Int
    /// When the volume was last mounted without an error; nil for never.
    package var lastSuccessAt: Int?
    /// From when on the next mount asks the vault again, at the latest; nil if every mount does or the last one failed.
    package var nextRefreshAt: Int?
    /// The last error, also of a volume that works again.
    package var lastError: Failure?
    package var objects: [ObjectStatus]
    package var omittedObjects = 0

    package init(
        namespace: String, pod: String, podUID: String, serviceAccount: String, className: String, targetPath: String,
        state: State, lastMountAt: Int, objects: [ObjectStatus] = []
    ) {
        self.namespace = namespace
        self.pod = pod
        self.podUID = podUID
        self.serviceAccount = serviceAccount
        self.className = className
        self.targetPath = targetPath
        self.state = state
        self.lastMountAt = lastMountAt
        self.objects = objects
    }

    /// When the vault last confirmed all objects, which is when it confirmed the oldest one.
    package var confirmedAt: Int? { objects.compactMap(\.confirmedAt).min() }

    /// When the first object expires.
    package var expiresAt: Int? { objects.compactMap(\.expiresAt).min() }

    /// The volume's name in the pod, which the kubelet makes part of the path; the whole path for others.
    package var volumeName: String {
        let parts = targetPath.split(separator: "/")
        guard let index = parts.lastIndex(of: "kubernetes.io~csi"), parts.indices.contains(index + 1) else {
            return targetPath
        }
        return String(parts[index + 1])
    }
}

/// One object of a volume, in the version that the volume was last given.
package struct ObjectStatus: Sendable, Equatable {
    /// `secret`, `key` or `cert`.
    package var type: String
    package var name: String
    /// Nil if the vault does not have the object and the class tolerates that.
    package var version: String?
    package var vault: String
    /// Set where it is not the class's.
    package var clientID: String?
    /// When the vault was last asked for it.
    package var confirmedAt: Int?
    /// Nil if it does not expire.
    package var expiresAt: Int?
    /// `fetched`, `cached`, `joined` or `stale`, as in the log.
    package var source: String?
    /// Another vault stood in for the class's.
    package var isFromFallback = false

    package init(type: String, name: String, version: String?, vault: String) {
        self.type = type
        self.name = name
        self.version = version
        self.vault = vault
    }
}
