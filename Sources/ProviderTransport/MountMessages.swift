/// A Mount request as it came over the wire: texts that are still to be decoded.
package struct MountRequestMessage: Sendable {
    /// JSON object of strings.
    package var attributes: [UInt8]
    /// JSON object of strings, or `null`.
    package var secrets: [UInt8]
    package var targetPath: String
    /// JSON number.
    package var permission: String
    package var currentObjectVersions: [ObjectVersionMessage]

    package init(
        attributes: [UInt8],
        secrets: [UInt8],
        targetPath: String,
        permission: String,
        currentObjectVersions: [ObjectVersionMessage] = []
    ) {
        self.attributes = attributes
        self.secrets = secrets
        self.targetPath = targetPath
        self.permission = permission
        self.currentObjectVersions = currentObjectVersions
    }
}

/// An object's id and the name of its version.
package struct ObjectVersionMessage: Hashable, Sendable {
    package var id: String
    package var version: String

    package init(id: String, version: String) {
        self.id = id
        self.version = version
    }
}

/// A Mount answer as a client receives it.
package struct MountResponseMessage: Sendable {
    package struct File: Sendable {
        package var path: String
        package var mode: Int32
        package var contents: [UInt8]
    }

    package var files: [File]
    package var objectVersions: [ObjectVersionMessage]
    /// Non-empty when a provider reports failure outside the gRPC status.
    package var errorCode: String
}

/// What Version answers.
package struct ProviderIdentity: Hashable, Sendable {
    /// The protocol version, `v1alpha1`.
    package var version: String
    package var runtimeName: String
    package var runtimeVersion: String

    package init(version: String, runtimeName: String, runtimeVersion: String) {
        self.version = version
        self.runtimeName = runtimeName
        self.runtimeVersion = runtimeVersion
    }
}
