internal import ProviderCore

/// The files that a volume will hold, as far as the class tells.
struct ExpectedFiles {
    private let plan: MountPlan

    init(_ plan: MountPlan) {
        self.plan = plan
    }

    var paths: [String] {
        plan.items.flatMap { item in
            (0..<(item.object.wantsHistory ? item.object.versionHistory : 1)).map(item.path)
        }
    }

    /// Whether the operator's choice of files, or what the vault holds, may make a file of that path.
    func mayHold(_ path: String) -> Bool {
        // `write-cert-and-key-in-separate-files` puts an ending to a certificate's path.
        paths.contains(path) || paths.contains { path == "\($0).crt" || path == "\($0).key" }
    }

    /// The path of the object with that name in the vault.
    func path(ofObject name: String) -> String? {
        plan.items.first { $0.object.name == name }.map { $0.path(version: 0) }
    }
}
