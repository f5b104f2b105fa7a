package import ProviderCore
package import ProviderTransport

extension ProviderError {
    /// The only place where an error gets its gRPC code. None of those that make the kubelet start the
    /// pod with an empty volume is among them; see `RPCCode.leavesEmptyVolume`.
    package var rpcStatus: RPCStatus {
        RPCStatus(code: code.category.rpcCode, message: String(description.prefix(Self.maximumMessageLength)))
    }

    /// gRPC sends the message as a header, and clients take 8 KiB of headers by default.
    private static let maximumMessageLength = 6000
}

extension ErrorCode.Category {
    package var rpcCode: RPCCode {
        switch self {
        case .manifest: .invalidArgument
        case .setup: .failedPrecondition
        case .identity: .unauthenticated
        case .permission: .permissionDenied
        case .notFound: .notFound
        case .internal: .internal
        }
    }
}
