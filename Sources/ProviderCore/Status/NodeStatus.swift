/// The volumes of a node and their state, without any secret value: the document that `akv-csi status` shows.
///
/// All times are in seconds since 1970.
package struct NodeStatus: Sendable, Equatable {
    /// The time at which the document was made.
    package var time: Int
    package var provider: Provider
    /// The volumes, ordered by namespace, pod and path.
    package var volumes: [VolumeStatus]
    /// The number of volumes that are left out because the document is full.
    package var omittedVolumes = 0

    /// The provider of the node and its settings.
    package struct Provider: Sendable, Equatable {
        package var version: String
        /// The node's name; nil if the provider does not know it.
        package var node: String?
        package var startedAt: Int
        /// The refresh interval of classes that do not set one, in seconds; 0 if every mount fetches from the vault.
        package var refreshInterval: Int
        /// The maximum age, in seconds, of values that are used while the vault is not available; 0 if they are never
        /// used.
        package var staleIfError: Int
        /// Whether the driver has requested a mounted volume again, which shows that rotation is enabled.
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

    /// Returns the path of the status socket, which is next to the provider's socket. The driver treats files that end
    /// in `.sock` as providers, so this name ends differently.
    package static func socketPath(nextTo providerSocket: String) -> String {
        let ending = ".sock"
        return (providerSocket.hasSuffix(ending) ? String(providerSocket.dropLast(ending.count)) : providerSocket)
            + ".status"
    }

    /// The path of the document in an HTTP request.
    package static let requestPath = "/status"
}

/// The state of one pod's volume.
package struct VolumeStatus: Sendable, Equatable {
    /// The state of a volume.
    package enum State: String, Sendable, CaseIterable {
        /// The last mount succeeded, and the vault confirmed the contents within the refresh interval.
        case ok
        /// The last mount succeeded with older contents, because the vault was not available.
        case stale
        /// The last mount failed. A pod that was mounted before keeps its files.
        case failing
    }

    /// The identity that a volume's objects are read with.
    package struct Identity: Sendable, Equatable {
        package var mode: String
        /// The client ID; empty if the class does not choose the identity.
        package var clientID: String
        package var tenantID: String

        package init(mode: String, clientID: String, tenantID: String) {
            self.mode = mode
            self.clientID = clientID
            self.tenantID = tenantID
        }
    }

    /// An error of a mount.
    package struct Failure: Sendable, Equatable {
        package var code: String
        /// The code, cause and fix of the error.
        package var message: String
        /// The last time at which the error happened.
        package var at: Int
        /// The time at which the volume began to fail; nil if it works again.
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
    /// Whether the volume's pod has probably ended: the driver requests other volumes, but has not requested this one
    /// for ten minutes.
    package var isGone = false
    /// The identity; nil if the class could not be read yet.
    package var identity: Identity?
    /// The vault of the class. Objects can name other vaults.
    package var vault: String?
    /// The time of the driver's last request for the volume.
    package var lastMountAt: Int
    /// The time of the last successful mount; nil if none succeeded.
    package var lastSuccessAt: Int?
    /// The time from which the next mount fetches from the vault again; nil if every mount does so, or if the last one
    /// failed.
    package var nextRefreshAt: Int?
    /// The last error. It is kept when the volume works again.
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

    /// The time at which the vault last confirmed all objects, which is the time of the oldest confirmation.
    package var confirmedAt: Int? { objects.compactMap(\.confirmedAt).min() }

    /// The time at which the first object expires.
    package var expiresAt: Int? { objects.compactMap(\.expiresAt).min() }

    /// The volume's name in the pod, which is part of the kubelet's path; for other paths, the whole path.
    package var volumeName: String {
        let parts = targetPath.split(separator: "/")
        guard let index = parts.lastIndex(of: "kubernetes.io~csi"), parts.indices.contains(index + 1) else {
            return targetPath
        }
        return String(parts[index + 1])
    }
}

/// One object of a volume, in the version that was last mounted.
package struct ObjectStatus: Sendable, Equatable {
    /// `secret`, `key` or `cert`.
    package var type: String
    package var name: String
    /// The mounted version; nil if the vault does not have the object and the object is optional.
    package var version: String?
    package var vault: String
    /// The client ID, if it is not that of the class.
    package var clientID: String?
    /// The time at which the vault last confirmed the object.
    package var confirmedAt: Int?
    /// The time at which the object expires; nil if it does not expire.
    package var expiresAt: Int?
    /// The origin of the content as in the log: `fetched`, `cached`, `joined` or `stale`.
    package var source: String?
    /// Whether the fallback vault provided the content.
    package var isFromFallback = false

    package init(type: String, name: String, version: String?, vault: String) {
        self.type = type
        self.name = name
        self.version = version
        self.vault = vault
    }
}
