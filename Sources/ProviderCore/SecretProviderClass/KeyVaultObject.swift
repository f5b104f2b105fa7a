/// One entry of a SecretProviderClass's `objects`, validated.
package struct KeyVaultObject: Sendable, Hashable {
    package enum ObjectType: String, Sendable, CaseIterable {
        case secret
        case key
        case certificate = "cert"
    }

    package enum Format: Sendable {
        case pem
        case pfx
    }

    package enum Encoding: Sendable {
        case utf8
        case base64
        case hex
    }

    package var name: String
    package var type: ObjectType
    /// The path in the volume; the name when empty.
    package var alias = ""
    /// A version's name; the latest when empty.
    package var version = ""
    /// How many versions to mount, newest first; up to 1 means just one, without a number in its path.
    package var versionHistory = 0
    package var format = Format.pem
    package var encoding = Encoding.utf8
    /// The request's default when nil.
    package var permission: FilePermission?

    package init(name: String, type: ObjectType) {
        self.name = name
        self.type = type
    }

    /// The file's path in the volume, before a history's number or a suffix.
    package var path: String { alias.isEmpty ? name : alias }

    package var wantsHistory: Bool { versionHistory > 1 }

    /// How upstream names an object in its errors.
    package var failurePrefix: String {
        Self.failurePrefix(type: type.rawValue, name: name, version: version)
    }

    static func failurePrefix(type: String, name: String, version: String) -> String {
        "failed to get objectType:\(type), objectName:\(name), objectVersion:\(version): "
    }
}
