internal import Documents
internal import ProviderCore

/// Checks the possible sizes of a class's volume and Secrets, with Key Vault's limit for an object.
struct SizeCheck {
    let parsedClass: ClassManifest
    let plan: MountPlan

    /// Key Vault's limit for a secret's value, in bytes.
    private static let largestObject = 25 << 10
    /// Kubernetes' limit for a Secret, in bytes.
    static let largestSecret = 1 << 20

    func findings() -> [Finding] {
        var findings: [Finding] = []
        let files = ExpectedFiles(plan).count
        let manifest = parsedClass.manifest
        if files * Self.largestObject > VolumeLimits.maximumBytes {
            findings.append(
                manifest.finding(
                    .volumeTooLarge, at: parsedClass.parameters["objects"]?.key,
                    "\(files) files of up to 25 KiB each can pass the 4 MiB that the driver takes for one volume",
                    fix: "spread the objects over several classes, each with a volume of its own"))
        }
        for entry in manifest.root["spec"]?["secretObjects"]?.sequence ?? [] {
            let count = entry["data"]?.sequence?.count ?? 0
            guard count * Self.largestObject > Self.largestSecret else { continue }
            findings.append(
                manifest.finding(
                    .secretTooLarge, at: entry["data"],
                    "\(count) keys of up to 25 KiB each can pass the 1 MiB that Kubernetes takes for one Secret",
                    fix: "spread the keys over several Secrets"))
        }
        return findings
    }
}
