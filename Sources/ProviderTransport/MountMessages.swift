/// A Mount request as the driver sends it: the JSON texts are not decoded yet.
package struct MountRequestMessage: Sendable {
    /// A JSON object of strings.
    package var attributes: [UInt8]
    /// A JSON object of strings, or `null`.
    package var secrets: [UInt8]
    package var targetPath: String
    /// A JSON number.
    package var permission: String
    /// What the volume holds. A client sends it; the server does not read it, because every response is complete.
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

/// The response to Version.
package struct ProviderVersion: Hashable, Sendable {
    /// The version of the protocol, `v1alpha1`.
    package var version: String
    package var runtimeName: String
    /// The version of the provider's build.
    package var runtimeVersion: String

    package init(version: String, runtimeName: String, runtimeVersion: String) {
        self.version = version
        self.runtimeName = runtimeName
        self.runtimeVersion = runtimeVersion
    }
}
