internal import Documents
package import ProviderCore
internal import SecretMemory

/// An Event on a pod, of the core API: the kind in which the kubelet's FailedMount stands next to it, with the
/// `count` and `lastTimestamp` that `kubectl describe` and event exporters read.
package struct PodEvent: Sendable {
    /// Under the names that the driver gave them up to 1.5, and gives no more.
    package enum Reason: String, Sendable {
        case failed = "MountRotationFailed"
        case complete = "MountRotationComplete"

        var type: String { self == .failed ? "Warning" : "Normal" }
    }

    /// Kubernetes' own bound for messages.
    static let maximumMessageBytes = 1024
    private static let component = "csi-secrets-store-provider-azure"

    package var pod: PodReference
    package var reason: Reason
    private(set) var message: String

    /// Nil for what no pod can be called.
    package init?(on pod: PodReference, _ reason: Reason, _ message: String) {
        guard Self.isName(pod.name), Self.isName(pod.namespace), pod.uid.utf8.count <= 128 else { return nil }
        self.pod = pod
        self.reason = reason
        var bytes = 0
        let fitting = message.unicodeScalars.prefix { scalar in
            bytes += UTF8.width(scalar)
            return bytes <= Self.maximumMessageBytes
        }
        self.message = String(String.UnicodeScalarView(fitting))
    }

    /// The whole object. `first` and `last` are seconds since 1970.
    func json(named name: String, node: String, count: Int, first: Int, last: Int) -> String {
        let object: JSONOutput = [
            "apiVersion": "v1", "kind": "Pod", "namespace": .text(pod.namespace), "name": .text(pod.name),
            "uid": .text(pod.uid),
        ]
        let members: [(String, JSONOutput)] = [
            ("apiVersion", "v1"), ("kind", "Event"),
            ("metadata", ["name": .text(name), "namespace": .text(pod.namespace)]),
            ("involvedObject", object), ("type", .text(reason.type)), ("reason", .text(reason.rawValue)),
            ("source", ["component": .text(Self.component), "host": .text(node)]),
            ("firstTimestamp", .text(Timestamp.text(first))),
        ]
        return JSONOutput.object(members + changes(count: count, last: last)).compact
    }

    /// What changes of it when the same happens again.
    func body(count: Int, last: Int) -> String { JSONOutput.object(changes(count: count, last: last)).compact }

    private func changes(count: Int, last: Int) -> [(String, JSONOutput)] {
        [("message", .text(message)), ("count", .number(count)), ("lastTimestamp", .text(Timestamp.text(last)))]
    }

    /// A DNS subdomain, as names of pods and namespaces are.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.hasOnlyASCIILettersAndDigits(or: "-.") && !text.utf8.contains(where: ASCII.uppercase.contains)
    }
}
