internal import Documents
internal import SecretMemory

/// A pod of the provider in the cluster.
package struct ProviderPod: Sendable {
    package var namespace: String
    package var name: String
    package var node: String
    package var container: String
    package var image: String
    /// The flags of `serve`, without dashes. A boolean flag without a value is `true`.
    package var flags: [String: String] = [:]
    package var isRunning: Bool

    /// The path of the program in the image.
    package static let program = "/usr/local/bin/akv-csi"
    /// The label of the provider's pods in the chart and in Azure's own provider.
    package static let defaultSelector = "app=csi-secrets-store-provider-azure"
    package static let defaultNamespace = "kube-system"

    package init?(_ pod: Manifest) {
        guard pod.kind == "Pod", let containers = pod.root["spec"]?["containers"]?.sequence, !containers.isEmpty else {
            return nil
        }
        let provider = containers.first { $0["name"]?.text == "provider" } ?? containers[0]
        namespace = pod.namespace ?? Self.defaultNamespace
        name = pod.name
        node = pod.nodeName
        container = provider["name"]?.text ?? ""
        image = provider["image"]?.text ?? ""
        isRunning = pod.isRunning
        let words = ((provider["command"]?.sequence ?? []) + (provider["args"]?.sequence ?? [])).compactMap(\.text)
        for (index, word) in words.enumerated() where word.hasPrefix("-") {
            let parts = word.drop { $0 == "-" }.split(separator: "=", maxSplits: 1).map(String.init)
            guard let flag = parts.first else { continue }
            let following = words.indices.contains(index + 1) ? words[index + 1] : "-"
            flags[flag] = parts.count > 1 ? parts[1] : following.hasPrefix("-") ? "true" : following
        }
    }

    /// Returns the command line that runs the program in the pod.
    package func command(_ words: [String]) -> [String] {
        var command = [Self.program] + words
        for flag in ["endpoint", "status-endpoint"] where words.first == "status" {
            if let value = flags[flag], value.hasPrefix("unix:") { command += ["--\(flag)", value] }
        }
        return command
    }

    /// Whether a boolean flag of `serve` is set.
    package func isOn(_ flag: String) -> Bool { ["1", "t", "true"].contains(flags[flag]?.lowercased() ?? "") }

    /// Returns the reason why the program in the pod did not respond.
    package func failure(_ result: ChildProcess.Result) -> KubectlError {
        if result.isLate {
            return KubectlError(
                .unreachable, "\(name) did not answer in time",
                fix: "give more time with --timeout, or look at the node")
        }
        let text = result.errors
        if ["no such file or directory", "executable file not found", "not found in $PATH"].contains(
            where: text.contains)
        {
            return KubectlError(
                .other, "\(name) runs \(image), which has no \(Self.program)", fix: "install akv-csi on this node")
        }
        if ["Unexpected argument", "unexpected argument", "Unknown option", "unknown subcommand"]
            .contains(where: text.contains)
        {
            return KubectlError(
                .other, "\(name) runs \(image), a version of akv-csi without this command",
                fix: "update the provider to the version of this program")
        }
        let lines = text.split(whereSeparator: \.isNewline).map(String.init)
        if let cause = lines.first(where: { $0.hasPrefix("Error: ") }) {
            let fix = lines.first { $0.hasPrefix("To fix: ") }
            return KubectlError(
                .other, "\(name): \(KubectlError.short(cause))", fix: fix.map { String($0.dropFirst(8)) } ?? "")
        }
        return KubectlError(kubectl: text, status: result.status)
    }
}
