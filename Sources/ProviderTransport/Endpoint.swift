/// The address a provider listens on: a unix socket, or TCP for debugging from another host.
package enum Endpoint: Hashable, Sendable, CustomStringConvertible {
    case unix(path: String)
    case tcp(host: String, port: Int)

    /// Parses `unix:///path` or `tcp://host:port`, with the scheme in any case, as the `--endpoint` flag of Azure's
    /// provider does. Nil for anything else.
    package init?(_ text: String) {
        let lowercased = text.lowercased()
        if lowercased.hasPrefix("unix://") {
            let path = String(text.dropFirst(7))
            guard !path.isEmpty else { return nil }
            self = .unix(path: path)
        } else if lowercased.hasPrefix("tcp://") {
            let rest = text.dropFirst(6)
            guard let colon = rest.lastIndex(of: ":"), let port = Int(rest[rest.index(after: colon)...]),
                (0...65535).contains(port)
            else { return nil }
            self = .tcp(host: String(rest[..<colon]), port: port)
        } else {
            return nil
        }
    }

    package var description: String {
        switch self {
        case .unix(let path): "unix://\(path)"
        case .tcp(let host, let port): "tcp://\(host):\(port)"
        }
    }

    /// The endpoint in the notation of gRPC's clients. It is a URI, so a path is percent-encoded. A server without a
    /// host listens on every interface.
    var grpcAddress: String {
        switch self {
        case .unix(let path): "unix:\(Self.escaped(path))"
        case .tcp(let host, let port): "\(host.isEmpty ? "[::]" : host):\(port)"
        }
    }

    private static func escaped(_ path: String) -> String {
        var result = ""
        for byte in path.utf8 {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
                UInt8(ascii: "~"), UInt8(ascii: "/"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default:
                result += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return result
    }
}
