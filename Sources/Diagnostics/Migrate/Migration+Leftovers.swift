internal import Documents
internal import SecretMemory

/// Finds what can be deleted when the changed manifests are in use: only objects that no file uses any more, and only
/// if no decision is open.
extension Migration {
    mutating func findLeftovers(_ objects: PodIdentityObjects, _ workloads: [Workload]) {
        var commands = podIdentities(objects, workloads)
        commands += credentials()
        leftovers = undecided.isEmpty ? commands : []
    }

    private func command(_ manifest: Manifest) -> String {
        "kubectl delete \(manifest.kind.lowercased()) \(manifest.name.shellWord)"
            + (manifest.namespace.map { " --namespace \($0.shellWord)" } ?? "")
    }

    private mutating func podIdentities(_ objects: PodIdentityObjects, _ workloads: [Workload]) -> [String] {
        for workload in workloads {
            guard let label = workload.podIdentityLabel, !changedWorkloads.contains(workload.place),
                workload.volumes.isEmpty
            else { continue }
            undecided.append(
                note(
                    workload.manifest, workload.template.metadata?["labels"]?.key("aadpodidbinding"),
                    "\(workload.manifest.title) has the label aadpodidbinding: \(label.clipped) and mounts no class: it uses the identity itself; change its code to workload identity first"
                ))
        }
        for binding in objects.bindings {
            guard let selector = PodIdentityObjects.selector(of: binding) else { continue }
            guard !workloads.contains(where: { $0.podIdentityLabel == selector }) else { continue }
            undecided.append(
                note(
                    binding, nil,
                    "no workload in these files has the label aadpodidbinding: \(selector.clipped), so it is not known who uses \(binding.title); to find its pods: kubectl get pods --all-namespaces --selector \("aadpodidbinding=\(selector)".shellQuoted)"
                ))
        }
        for identity in objects.identities where !objects.bindings.contains(where: { objects.names($0, identity) }) {
            undecided.append(
                note(
                    identity, nil,
                    "no AzureIdentityBinding in these files names \(identity.title), so it is not known who uses it"
                ))
        }
        return objects.all.map(command)
    }

    private mutating func credentials() -> [String] {
        var commands: [String] = []
        for credential in removedCredentials {
            let users = manifests.filter { manifest in
                guard !(manifest.kind == "Secret" && manifest.name == credential.name) else { return false }
                guard (manifest.namespace ?? credential.namespace) == credential.namespace else { return false }
                return manifest.root.uses(secret: credential.name, except: credential.places(manifest.path))
            }
            guard users.isEmpty else {
                undecided.append(
                    note(
                        users[0], nil,
                        "the Secret \(credential.name.clipped) in namespace \(credential.namespace) is still used by \(users.map(\.title).joined(separator: ", ").clipped)"
                    ))
                continue
            }
            commands.append(
                "kubectl delete secret \(credential.name.shellWord) --namespace \(credential.namespace.shellWord)")
        }
        return commands
    }

    /// A Secret with a credential that volumes referred to and that their classes no longer need.
    struct Credential: Sendable {
        var namespace: String
        var name: String
        /// The removed references, by file.
        var references: [String: [TextSource.Position]]

        func places(_ path: String) -> [TextSource.Position] { references[path] ?? [] }
    }

    mutating func removeCredential(_ name: String, of user: Workload, at place: TextSource.Position) {
        let index = removedCredentials.firstIndex { $0.name == name && $0.namespace == user.namespace }
        if index == nil {
            removedCredentials.append(Credential(namespace: user.namespace, name: name, references: [:]))
        }
        removedCredentials[index ?? removedCredentials.count - 1].references[user.manifest.path, default: []]
            .append(place)
    }
}

extension Workload {
    /// The label by which aad-pod-identity finds the identity of the pods.
    var podIdentityLabel: String? { template.metadata?["labels"]?["aadpodidbinding"]?.text }

    /// A text that identifies the workload.
    var place: String { "\(manifest.path):\(manifest.root.start.line)" }
}

extension YAMLNode {
    /// Whether a member whose key contains "secret" has the value `name`, except for the members at these places.
    fileprivate func uses(secret name: String, except places: [TextSource.Position]) -> Bool {
        if let elements = sequence { return elements.contains { $0.uses(secret: name, except: places) } }
        return (mapping ?? []).contains { member in
            if places.contains(member.key.start) { return false }
            if member.key.scalar?.text.lowercased().contains("secret") == true {
                let values = member.value.sequence ?? [member.value]
                if values.contains(where: { ($0.text ?? $0["name"]?.text) == name }) { return true }
            }
            return member.value.uses(secret: name, except: places)
        }
    }
}
