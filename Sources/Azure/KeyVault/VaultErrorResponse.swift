internal import Documents
package import ProviderCore
internal import SecretMemory

/// An error response of Key Vault.
struct VaultErrorResponse {
    let status: Int
    let code: String
    let innerCode: String
    let message: String
    private let requestID: String

    init(_ response: HTTPResponse) {
        status = response.status
        let error = response.json?["error"]?.object
        code = error?["code"]?.text ?? ""
        var inner = error?["innererror"]?.object
        var name = ""
        for _ in 0..<8 {
            guard let current = inner else { break }
            name = current["code"]?.text ?? name
            inner = current["innererror"]?.object
        }
        innerCode = name
        message = (error?["message"]?.text ?? "").split(whereSeparator: \.isWhitespace).joined(separator: " ")
        requestID = response.header("x-ms-request-id") ?? ""
    }

    /// Returns the mount's error for `object`. The phrases RESPONSE and ERROR CODE in its message come from Azure's Go
    /// SDK, and upstream shows them too. `clientID` is the client of the identity that was used, or empty if it is not
    /// known.
    func error(object: KeyVaultObject, vault: VaultAddress, clientID: String) -> ProviderError {
        var text = "RESPONSE \(status): \(Self.reason(status))"
        text += ", ERROR CODE: \(code.isEmpty ? "UNAVAILABLE" : code.clipped)"
        if !innerCode.isEmpty { text += " (\(innerCode.clipped))" }
        if !message.isEmpty { text += ": \(message.boundedAtWord(toBytes: 600))" }
        let explanation = VaultErrorExplanation(self, object: object, vault: vault.name, clientID: clientID)
        var error = ProviderError(
            errorCode, of: object, in: vault.name, text, cause: explanation.cause, hint: explanation.hint,
            context: [("request id", requestID)].filter { !$0.1.isEmpty })
        error.objectCommand = explanation.command
        error.isAuthoritativeNotFound = isDisabled || isOfObject
        return error
    }

    /// Whether Key Vault itself reports that the object does not exist, and not only the vault, the path or the server.
    var isOfObject: Bool {
        status == 404 && ["SecretNotFound", "KeyNotFound", "CertificateNotFound"].contains(code)
    }

    private var errorCode: ErrorCode {
        switch status {
        case 401: .vaultUnauthorized
        case 403: isDisabled ? .objectDisabled : .vaultForbidden
        case 404: .objectNotFound
        case 408: .timedOut
        case 429: .throttled
        case 500...: .serviceUnavailable
        case 400..<500: .requestRefused
        default: .answerMalformed
        }
    }

    var isDisabled: Bool { innerCode == "SecretDisabled" || innerCode == "KeyDisabled" }

    static func reason(_ status: Int) -> String {
        switch status {
        case 400: "400 Bad Request"
        case 401: "401 Unauthorized"
        case 403: "403 Forbidden"
        case 404: "404 Not Found"
        case 408: "408 Request Timeout"
        case 409: "409 Conflict"
        case 429: "429 Too Many Requests"
        case 500: "500 Internal Server Error"
        case 502: "502 Bad Gateway"
        case 503: "503 Service Unavailable"
        case 504: "504 Gateway Timeout"
        default: "\(status)"
        }
    }
}

extension KeyVaultObject.ObjectType {
    /// The built-in role that allows an identity to read objects of this type.
    package var role: String {
        switch self {
        case .secret: "Key Vault Secrets User"
        case .key: "Key Vault Crypto User"
        case .certificate: "Key Vault Certificate User"
        }
    }

    /// The option of `az keyvault set-policy` for permissions on objects of this type.
    package var permissionOption: String {
        switch self {
        case .secret: "secret-permissions"
        case .key: "key-permissions"
        case .certificate: "certificate-permissions"
        }
    }
}
