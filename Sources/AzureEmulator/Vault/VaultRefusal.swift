internal import HTTPTypes
internal import Hummingbird

/// An answer of Key Vault that is no success.
struct VaultRefusal: Error, Sendable {
    var status: HTTPResponse.Status
    var code: String
    var message: String
    var inner: String?
    var headers: HTTPFields = [:]

    func response() throws -> Response {
        try Answer.vaultError(status, code, message, inner: inner, headers: headers)
    }

    static func badParameter(_ message: String) -> VaultRefusal {
        VaultRefusal(status: .badRequest, code: "BadParameter", message: message)
    }

    static func notFound(_ collection: VaultCollection, _ name: String, version: String = "") -> VaultRefusal {
        let kind = collection.singular.lowercased()
        let text = version.isEmpty ? name : "\(name)/\(version)"
        return VaultRefusal(
            status: .notFound, code: "\(collection.singular)NotFound",
            message:
                "A \(kind) with (name/id) \(text) was not found in this key vault. If you recently deleted this \(kind) you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
        )
    }

    static func notDeleted(_ collection: VaultCollection, _ name: String) -> VaultRefusal {
        VaultRefusal(
            status: .notFound, code: "\(collection.singular)NotFound",
            message: "Deleted \(collection.singular) not found: \(name)")
    }

    /// A name that a soft-deleted object still holds.
    static func isDeleted(_ collection: VaultCollection, _ name: String) -> VaultRefusal {
        VaultRefusal(
            status: .conflict, code: "Conflict",
            message:
                "\(collection.singular) \(name) is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the \(collection.singular.lowercased()) can only be recovered or purged.",
            inner: "ObjectIsDeletedButRecoverable")
    }

    /// A name that a living object holds.
    static func exists(_ collection: VaultCollection, _ name: String) -> VaultRefusal {
        VaultRefusal(
            status: .conflict, code: "Conflict", message: "\(collection.singular) \(name) already exists.")
    }

    /// A key or a secret that only its certificate may change.
    static func isManaged(_ collection: VaultCollection, _ name: String) -> VaultRefusal {
        VaultRefusal(
            status: .forbidden, code: "Forbidden",
            message:
                "The operation is not allowed on \(collection.singular.lowercased()) \(name), because its lifetime is managed by the certificate of the same name."
        )
    }

    static let disabledSecret = VaultRefusal(
        status: .forbidden, code: "Forbidden", message: "Operation get is not allowed on a disabled secret.",
        inner: "SecretDisabled")

    static let unknownPath = VaultRefusal(status: .notFound, code: "BadParameter", message: "Unknown path.")

    static let unknownMethod = VaultRefusal(
        status: .methodNotAllowed, code: "BadParameter", message: "Method not allowed.")
}
