internal import ProviderCore

/// The objects of a batch that the vault refused to the identity, and those that were not requested because of it.
struct RefusedObjects {
    /// The number of refusals that are each reported in full. After one more, the remaining requests are not sent: the
    /// mount fails anyway, and thousands of refused requests would use up the vault's limits.
    static let maximum = 3

    private(set) var refusals: [(job: ObjectReader.Job, error: ProviderError)] = []
    private var unasked: [ObjectReader.Job] = []

    mutating func append(_ job: ObjectReader.Job, refusedWith error: ProviderError) { refusals.append((job, error)) }

    mutating func append(notAskedFor job: ObjectReader.Job) { unasked.append(job) }

    /// The maximum length of a list of names in an error, in bytes.
    private static let maximumListBytes = 3000

    /// Returns the first refusals, and one error for all other objects, with as many of their names as fit.
    func errors(of vault: VaultAddress) -> [(item: Int, error: ProviderError)] {
        let errors = refusals.prefix(Self.maximum).map { (item: $0.job.item, error: $0.error) }
        let others = Self.names(refusals.dropFirst(Self.maximum).map(\.job))
        let unasked = Self.names(unasked)
        guard let item = (refusals.dropFirst(Self.maximum).map(\.job.item) + self.unasked.map(\.item)).min(),
            let first = errors.first?.error
        else { return errors }
        var lists: [String] = []
        if !others.isEmpty { lists.append("refused in the same way: \(Self.listed(others))") }
        if !unasked.isEmpty {
            lists.append("not requested because of these refusals: \(Self.listed(unasked))")
        }
        let count = others.count + unasked.count
        let rest = ProviderError(
            .vaultForbidden,
            "failed to get \(count) more object\(count == 1 ? "" : "s") of the vault \(vault.name): "
                + lists.joined(separator: "; "),
            cause:
                "the vault \(vault.name) refused \(count) more object\(count == 1 ? "" : "s"),"
                + " or they were not requested because of these refusals",
            hint: first.specificHint)
        return errors + [(item, rest)]
    }

    private static func listed(_ names: [String]) -> String {
        var bytes = 0
        let fitting = names.prefix { name in
            bytes += name.utf8.count + 2
            return bytes <= maximumListBytes
        }
        let rest = names.count - fitting.count
        return fitting.joined(separator: ", ") + (rest > 0 ? " and \(rest) more" : "")
    }

    /// Returns each name once, even if several versions of the object were requested.
    private static func names(_ jobs: [ObjectReader.Job]) -> [String] {
        var seen: Set<String> = []
        return jobs.map { job in
            "\(job.object.type.rawValue)/\(job.object.selector.map { "(\($0.description))" } ?? job.object.name)"
        }.filter { seen.insert($0).inserted }
    }
}
