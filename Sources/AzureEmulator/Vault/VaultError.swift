internal import HTTPTypes
internal import Hummingbird

/// An error response of Key Vault.
struct VaultError: Error, Sendable {
    var status: HTTPResponse.Status
    var code: String
    var message: String
    /// The code of `innererror`, which is more precise than `code`.
    var innerCode: String?
    var headers: HTTPFields = [:]

    /// The response in Key Vault's form.
    func response() throws -> Response {
        var error: [String: Any] = ["code": code, "message": message]
        if let innerCode { error["innererror"] = ["code": innerCode] }
        return try .json(["error": error], status: status, headers: headers)
    }

    static func badParameter(_ message: String) -> VaultError {
        VaultError(status: .badRequest, code: "BadParameter", message: message)
    }

    /// Whether Key Vault can have an object of that name: 1 to 127 letters, digits and hyphens.
    static func isName(_ name: String) -> Bool {
        (1...127).contains(name.utf8.count)
            && name.unicodeScalars.allSatisfy {
                $0.isASCII && ($0.properties.isAlphabetic || ("0"..."9").contains($0)) || $0 == "-"
            }
    }

    static func invalidName(_ name: String) -> VaultError {
        badParameter("The request URI contains an invalid name: \(name)")
    }

    static func notFound(_ collection: VaultCollection, _ name: String, version: String = "") -> VaultError {
        let kind = collection.singular.lowercased()
        let text = version.isEmpty ? name : "\(name)/\(version)"
        return VaultError(
            status: .notFound, code: "\(collection.singular)NotFound",
            message:
                "A \(kind) with (name/id) \(text) was not found in this key vault. If you recently deleted this \(kind) you may be able to recover it using the correct recovery command. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125182"
        )
    }

    static func notDeleted(_ collection: VaultCollection, _ name: String) -> VaultError {
        VaultError(
            status: .notFound, code: "\(collection.singular)NotFound",
            message: "Deleted \(collection.singular) not found: \(name)")
    }

    /// The name belongs to a soft-deleted object.
    static func isDeleted(_ collection: VaultCollection, _ name: String) -> VaultError {
        VaultError(
            status: .conflict, code: "Conflict",
            message:
                "\(collection.singular) \(name) is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the \(collection.singular.lowercased()) can only be recovered or purged.",
            innerCode: "ObjectIsDeletedButRecoverable")
    }

    /// The name belongs to an existing object.
    static func exists(_ collection: VaultCollection, _ name: String) -> VaultError {
        VaultError(
            status: .conflict, code: "Conflict", message: "\(collection.singular) \(name) already exists.")
    }

    /// The key or the secret belongs to a certificate, and only the certificate may be changed.
    static func isManaged(_ collection: VaultCollection, _ name: String) -> VaultError {
        VaultError(
            status: .forbidden, code: "Forbidden",
            message:
                "The operation is not allowed on \(collection.singular.lowercased()) \(name), because its lifetime is managed by the certificate of the same name."
        )
    }

    /// The caller has no role for the action.
    static func forbidden(_ action: VaultAction, on name: String, in vault: String, caller: VaultCaller) -> VaultError {
        VaultError(
            status: .forbidden, code: "Forbidden",
            message:
                "Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: \(caller.description)\r\nAction: '\(action.name)'\r\nResource: '/vaults/\(vault)/\(action.collection.rawValue)/\(name)'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: 'DeniedWithNoValidRBAC'\r\nVault: \(vault);location=emulated\r\n",
            innerCode: "ForbiddenByRbac")
    }

    /// The caller's access policy does not have the permission.
    static func accessDenied(
        _ permission: String, _ collection: VaultCollection, in vault: String, caller: VaultCaller
    ) -> VaultError {
        VaultError(
            status: .forbidden, code: "Forbidden",
            message:
                "The user, group or application '\(caller.description)' does not have \(collection.rawValue) \(permission) permission on key vault '\(vault);location=emulated'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
            innerCode: "AccessDenied")
    }

    static let disabledSecret = VaultError(
        status: .forbidden, code: "Forbidden", message: "Operation get is not allowed on a disabled secret.",
        innerCode: "SecretDisabled")

    static let unknownPath = VaultError(status: .notFound, code: "BadParameter", message: "Unknown path.")

    static let unknownMethod = VaultError(
        status: .methodNotAllowed, code: "BadParameter", message: "Method not allowed.")
}
