package import ProviderCore
package import ProviderTransport

extension ProviderError {
    /// The gRPC status of the error. This is the only mapping from errors to gRPC codes. It never uses the codes for
    /// which the kubelet starts the pod with an empty volume, see `RPCCode.leavesEmptyVolume`.
    package var rpcStatus: RPCStatus {
        RPCStatus(code: code.category.rpcCode, message: Self.fitting(description))
    }

    /// The maximum length of a message in bytes. gRPC sends it as a header, and clients accept 8 KiB of headers by
    /// default; for larger ones, they report RESOURCE_EXHAUSTED.
    private static let maximumMessageBytes = 6000

    /// Returns as much of `text` as fits after gRPC's percent-encoding: printable ASCII except `%` takes one byte, and
    /// every other byte takes three.
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
