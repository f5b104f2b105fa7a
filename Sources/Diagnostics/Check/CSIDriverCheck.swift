internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The rules for the driver's CSIDriver object.
struct CSIDriverCheck {
    let manifest: Manifest
    let classes: [ClassManifest]

    func findings() -> [Finding] {
        guard manifest.kind == "CSIDriver" else { return [] }
        guard manifest.name == Workload.driver else {
            guard SpellingSuggestion.distance(manifest.name, Workload.driver) <= 5 else { return [] }
            return [
                manifest.finding(
                    .driverName, at: manifest.root["metadata"]?["name"],
                    "no driver registers as \(manifest.name.clipped)",
                    fix: "write name: \(Workload.driver)")
            ]
        }
        let spec = manifest.root["spec"]
        var findings = tokenRequests(spec)
        if spec?["podInfoOnMount"]?.text?.lowercased() != "true" {
            findings.append(
                manifest.finding(
                    .driverWithoutPodInfo, at: spec?["podInfoOnMount"] ?? spec,
                    "the provider does not learn which pod a volume is for, so every mount fails",
                    fix: "write podInfoOnMount: true"))
        }
        if spec?["requiresRepublish"]?.text?.lowercased() != "true" {
            findings.append(
                manifest.finding(
                    .republishMissing, at: spec?["requiresRepublish"] ?? spec,
                    "running pods keep what they were started with: nothing is rotated",
                    fix: "write requiresRepublish: true, and start the driver with --enable-secret-rotation=true"))
        }
        let modes = spec?["volumeLifecycleModes"]?.sequence?.compactMap(\.text) ?? ["Persistent"]
        if !modes.contains("Ephemeral") {
            findings.append(
                manifest.finding(
                    .lifecycleMode, at: spec?["volumeLifecycleModes"] ?? spec, "pods' inline volumes are refused",
                    fix: "write volumeLifecycleModes: [Ephemeral]"))
        }
        return findings
    }

    private func tokenRequests(_ spec: YAMLNode?) -> [Finding] {
        let requests = spec?["tokenRequests"]?.sequence ?? []
        let audiences = requests.compactMap { $0["audience"]?.text }
        var wanted = [ServiceAccountTokens.workloadIdentityAudience]
        let needsBinding = classes.contains { parsedClass in
            (try? parsedClass.validated().get())?.identity.mode == .azureTokenProxy
        }
        if needsBinding { wanted.append(ServiceAccountTokens.identityBindingAudience) }
        return wanted.filter { !audiences.contains($0) }.map { audience in
            let near = requests.first { request in
                SpellingSuggestion.distance(request["audience"]?.text?.lowercased() ?? "", audience.lowercased()) <= 3
            }
            return manifest.finding(
                .tokenRequestsMissing, at: near?["audience"] ?? spec?.key("tokenRequests") ?? spec,
                near == nil
                    ? "the kubelet brings no token for the audience \(audience)"
                    : "the audience \(near?["audience"]?.text?.clipped ?? "") is not the one that Entra takes",
                fix: "under tokenRequests write - audience: \(audience)")
        }
    }
}
