internal import ProviderCore

/// The files that a volume will contain, as far as the class determines them.
///
/// A history can have any number of versions, so its files are not listed one by one.
struct ExpectedFiles {
    /// The number of versions of a history that `paths` lists.
    private static let listedVersions = 10

    private let plan: MountPlan
    /// The number of files under each path: one for each version of a history, such as `PATH/0`.
    private let histories: [String: Int]
    private let single: Set<String>

    init(_ plan: MountPlan) {
        self.plan = plan
        histories = plan.items.filter(\.object.wantsHistory).reduce(into: [:]) { histories, item in
            histories[item.object.path] = max(histories[item.object.path] ?? 0, item.object.versionHistory)
        }
        single = Set(plan.items.filter { !$0.object.wantsHistory }.map { $0.path(version: 0) })
    }

    var count: Int { plan.items.reduce(0) { $0 + Self.versions($1) } }

    /// The paths of the files. For a history, they are those of its newest versions.
    var paths: [String] {
        plan.items.flatMap { item in (0..<min(Self.versions(item), Self.listedVersions)).map(item.path) }
    }

    private static func versions(_ item: MountPlan.Item) -> Int {
        item.object.wantsHistory ? item.object.versionHistory : 1
    }

    /// Whether a file of that path may exist, depending on the provider's flags or on the content of the vault.
    func mayHold(_ path: String) -> Bool {
        // `write-cert-and-key-in-separate-files` adds an ending to the path of a certificate.
        holds(path) || [".crt", ".key"].contains { path.hasSuffix($0) && holds(String(path.dropLast($0.count))) }
    }

    private func holds(_ path: String) -> Bool {
        if single.contains(path) { return true }
        guard let slash = path.lastIndex(of: "/"), let versions = histories[String(path[..<slash])] else {
            return false
        }
        let number = path[path.index(after: slash)...]
        // The number must be written as in a path, without a sign or leading zeros.
        return Int(number).map { (0..<versions).contains($0) && "\($0)" == number } ?? false
    }

    /// Returns the object whose only file is at `path`.
    func object(at path: String) -> KeyVaultObject? {
        plan.items.first { !$0.object.wantsHistory && $0.object.path == path }?.object
    }

    /// Whether `path` is a directory of the volume, or may be one.
    func mayHold(directory path: String) -> Bool {
        let prefix = path.hasSuffix("/") ? path : "\(path)/"
        return plan.items.contains { $0.path(version: 0).hasPrefix(prefix) }
    }

    /// Returns the path of the object with that name in the vault.
    func path(ofObject name: String) -> String? {
        plan.items.first { $0.object.name == name }.map { $0.path(version: 0) }
    }
}
