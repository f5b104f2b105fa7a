internal import AsyncSupport
internal import Glibc
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory

/// Limits the memory of each namespace's large requests.
///
/// A SecretProviderClass can have more than a megabyte, and a request is in memory several times: as gRPC's message, as
/// the JSON in it, and as the parsed result. Large requests are therefore counted before they are parsed. Requests that
/// exceed a namespace's share fail immediately, and the kubelet retries them. Small requests, as nearly all are, are
/// not counted.
struct LargeRequests: Sendable {
    static let smallBytes = 64 << 10
    static let bytesOfNamespace = 8 << 20

    private let budget = FairBudget(capacity: 3 * bytesOfNamespace, ownerShare: bytesOfNamespace)

    /// A counted request. The owner must call `leave` when the request ends.
    struct Entry: Sendable {
        fileprivate var budget: FairBudget?
        fileprivate var bytes = 0
        /// The namespace of the request, as far as it is known before parsing; empty for small requests.
        var namespace = ""

        func leave() { budget?.release(bytes, for: namespace) }
    }

    /// Counts a request. Throws if its namespace has used up its share.
    func enter(_ message: MountRequestMessage) throws(ProviderError) -> Entry {
        let bytes = message.attributes.count + message.secrets.count
        guard bytes > Self.smallBytes else { return Entry() }
        let namespace = Self.namespace(in: message.attributes)
        guard budget.tryAcquire(bytes, for: namespace) else {
            throw ProviderError(
                .limitExceeded,
                "the requests of the namespace \(namespace.clipped) that are under way on this node have more than "
                    + "\(Self.bytesOfNamespace) bytes together, the limit of one namespace",
                hint:
                    "the kubelet retries the mount automatically; make the SecretProviderClasses of the namespace smaller, or "
                    + "spread its pods over more nodes")
        }
        return Entry(budget: budget, bytes: bytes, namespace: namespace)
    }

    /// Returns the namespace that the driver wrote into the attributes, without parsing them. The driver's keys replace
    /// keys of the same name in a class, and quotes in the texts of a class are escaped, so a class cannot forge the
    /// namespace.
    static func namespace(in attributes: [UInt8]) -> String {
        let name = Array("\"csi.storage.k8s.io/pod.namespace\":\"".utf8)
        return attributes.withUnsafeBytes { bytes in
            guard let base = bytes.baseAddress else { return "" }
            var start = 0
            while start + name.count <= bytes.count {
                if bytes[start] == name[0], memcmp(base + start, name, name.count) == 0 {
                    let value = bytes[(start + name.count)...].prefix(253).prefix { $0 != UInt8(ascii: "\"") }
                    return String(decoding: value, as: UTF8.self)
                }
                start += 1
            }
            return ""
        }
    }
}
