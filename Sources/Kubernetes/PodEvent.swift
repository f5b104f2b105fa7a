internal import Documents
package import ProviderCore
internal import SecretMemory

/// An Event on a pod, in the core API, like the kubelet's FailedMount events. It has the `count` and `lastTimestamp`
/// that `kubectl describe` and event exporters read.
package struct PodEvent: Sendable {
    /// The reasons that the driver used for its own events up to version 1.5.
    package enum Reason: String, Sendable {
        case failed = "MountRotationFailed"
        case complete = "MountRotationComplete"

        var type: String { self == .failed ? "Warning" : "Normal" }
    }

    /// Kubernetes' limit for messages, in bytes.
    static let maximumMessageBytes = 1024
    private static let component = "csi-secrets-store-provider-azure"

    package var pod: PodReference
    package var reason: Reason
    private(set) var message: String

    /// Creates an event. Returns nil if the name or the namespace of the pod is not a valid Kubernetes name.
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

    /// Returns the whole Event object. `first` and `last` are in seconds since 1970.
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

    /// Returns the fields of the object that change when the event is repeated.
    func body(count: Int, last: Int) -> String { JSONOutput.object(changes(count: count, last: last)).compact }

    private func changes(count: Int, last: Int) -> [(String, JSONOutput)] {
        [("message", .text(message)), ("count", .number(count)), ("lastTimestamp", .text(Timestamp.text(last)))]
    }

    /// Whether `text` is a DNS subdomain, as the names of pods and namespaces are.
    private static func isName(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 253
            && text.hasOnlyASCIILettersAndDigits(or: "-.") && !text.utf8.contains(where: ASCII.uppercase.contains)
    }
}
