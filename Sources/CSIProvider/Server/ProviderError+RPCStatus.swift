package import ProviderCore
package import ProviderTransport

extension ProviderError {
    /// The only place where an error gets its gRPC code. None of those that make the kubelet start the
    /// pod with an empty volume is among them; see `RPCCode.leavesEmptyVolume`.
    package var rpcStatus: RPCStatus {
        RPCStatus(code: code.category.rpcCode, message: Self.fitting(description))
    }

    /// gRPC sends the message as a header, and clients take 8 KiB of headers by default; of a larger one they
    /// make RESOURCE_EXHAUSTED.
    private static let maximumMessageBytes = 6000

    /// As much of `text` as fits, percent-encoded as gRPC has it: printable ASCII but `%` takes one byte,
    /// everything else three for each of its own.
    private static func fitting(_ text: String) -> String {
        var bytes = 0
        let fitting = text.unicodeScalars.prefix { scalar in
            let isPlain = (0x20..<0x7F).contains(scalar.value) && scalar != "%"
            bytes += isPlain ? 1 : 3 * UTF8.width(scalar)
            return bytes <= maximumMessageBytes
        }
        return String(String.UnicodeScalarView(fitting))
    }
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
