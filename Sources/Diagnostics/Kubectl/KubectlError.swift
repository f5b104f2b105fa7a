internal import SecretMemory

/// The reason why a kubectl call failed, and the fix.
package struct KubectlError: Error, CustomStringConvertible, Sendable {
    /// The kind of the failure.
    package enum Kind: Sendable {
        /// kubectl itself is missing.
        case program
        case unreachable
        case forbidden
        case notFound
        /// The cluster does not know the kind of the object.
        case unknownKind
        case other
    }

    package var kind: Kind
    package var cause: String
    /// The fix; empty if none is known.
    package var fix: String

    package init(_ kind: Kind, _ cause: String, fix: String) {
        self.kind = kind
        self.cause = cause.printable
        self.fix = fix.printable
    }

    package var description: String { fix.isEmpty ? cause : "\(cause)\nTo fix: \(fix)" }

    /// Creates the error from kubectl's standard error.
    init(kubectl text: String, status: Int32) {
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        let forbidden = lines.compactMap(MissingPermission.init)
        if let first = forbidden.first {
            var seen: Set<String> = []
            let names = forbidden.map(\.text).filter { seen.insert($0).inserted }
            self.init(
                .forbidden, "\(first.user) may not \(names.joined(separator: ", nor "))",
                fix:
                    "ask the operator of the cluster for this permission; to see whether you have it: \(first.question)"
            )
        } else if let line = lines.first(where: { $0.contains("(NotFound)") }) {
            self.init(.notFound, Self.short(line), fix: "check the name and the namespace (-n)")
        } else if let line = lines.first(where: { $0.contains("the server doesn't have a resource type") }) {
            self.init(
                .unknownKind, Self.short(line),
                fix: "install the Secrets Store CSI driver in this cluster, or choose another cluster with --context")
        } else if let line = lines.first(where: { $0.contains("error dialing backend") }) {
            self.init(
                .other, "the API server cannot reach the kubelet of the node: \(Self.short(line))",
                fix: "look at the node: kubectl get nodes")
        } else if let line = lines.first(where: { line in
            ["Unable to connect to the server", "The connection to the server", "i/o timeout", "no such host"].contains
            { line.contains($0) }
        }) {
            self.init(
                .unreachable, "the cluster cannot be reached: \(Self.short(line))",
                fix: "look whether kubectl get namespaces answers; choose a cluster with --context or --kubeconfig")
        } else if let line = lines.first(where: { $0.contains("Unauthorized") || $0.contains("must be logged in") }) {
            self.init(.other, "the cluster does not accept this login: \(Self.short(line))", fix: "log in again")
        } else {
            let line = lines.last { !$0.hasPrefix("command terminated") } ?? "it wrote no reason"
            self.init(.other, "kubectl failed (\(status)): \(Self.short(line))", fix: "")
        }
    }

    /// Returns the line without kubectl's own prefixes.
    static func short(_ line: String) -> String {
        var text = line
        for prefix in ["error: ", "Error: "] where text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
        if text.hasPrefix("Error from server"), let end = text.firstRange(of: ": ") {
            text = String(text[end.upperBound...])
        }
        return text.bounded(toBytes: 600)
    }
}

/// A permission that the API server refused, parsed from its message.
struct MissingPermission {
    var user: String
    /// The permission, such as `get pods in the namespace team-payments`.
    var text: String

    /// The command that shows whether the user has the permission.
    var question: String

    /// Returns nil for other lines.
    init?(_ line: String) {
        guard let start = line.firstRange(of: "User \""), let end = line.firstRange(of: "\" cannot ") else {
            return nil
        }
        let quoted = line[end.upperBound...].split(separator: "\"", omittingEmptySubsequences: false)
        // The rest of the line is: verb resource "pods" in API group "" in the namespace "team".
        guard start.upperBound <= end.lowerBound, quoted.count > 2,
            let verb = quoted[0].split(separator: " ").first
        else { return nil }
        user = String(line[start.upperBound..<end.lowerBound])
        let resource = quoted[1]
        let group = quoted.count > 3 ? quoted[3] : ""
        let namespace = quoted.count > 5 && quoted[4].contains("namespace") ? quoted[5] : nil
        text =
            "\(verb) \(resource)\(group.isEmpty ? "" : ".\(group)") "
            + (namespace.map { "in the namespace \($0)" } ?? "in the whole cluster")
        let names = resource.split(separator: "/")
        question =
            "kubectl auth can-i \(verb) \(names.first ?? "")\(group.isEmpty ? "" : ".\(group)")"
            + (names.count > 1 ? " --subresource=\(names[1])" : "")
            + (namespace.map { " --namespace \(String($0).shellWord)" } ?? "")
    }
}
