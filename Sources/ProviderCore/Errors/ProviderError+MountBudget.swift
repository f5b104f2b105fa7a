package import Budgets

extension ProviderError {
    /// Creates the error of a mount that exceeds its budget.
    package init(_ overrun: MountBudget.Overrun) {
        switch overrun {
        case .steps(let limit, let activity):
            self.init(
                .limitExceeded,
                "the mount takes more than \(limit) steps of computing, the limit of one mount, most recently for "
                    + activity.phrase,
                hint: activity.hint)
        case .bytes(let limit, let activity):
            self.init(
                .limitExceeded,
                "the mount makes more than \(limit) bytes on the way to its files, the limit of one mount, most recently "
                    + "for \(activity.phrase)",
                hint: activity.hint)
        case .ended:
            self.init(.timedOut, "the mount ran out of time before its files were made")
        }
    }
}

extension MountBudget {
    /// Runs `work`, which does the work of a mount, within a new budget of the same size as a mount's.
    package static func bounding<Value>(_ work: () throws(ProviderError) -> Value) throws(ProviderError) -> Value {
        let budget = MountBudget()
        let result = budget.run { Result(catching: work) }
        if let overrun = budget.overrun { throw ProviderError(overrun) }
        return try result.get()
    }
}

extension MountBudget.Activity {
    fileprivate var phrase: String {
        switch self {
        case .reading: "reading documents (objects, files, and contents from the vault)"
        case .comparing: "comparing names (objects and files)"
        case .matching: "matching names with patterns (select)"
        case .shaping: "shaping contents (extract, explode, envFile and template)"
        case .converting: "converting contents (objectFormat and outputs)"
        case .derivingKeys: "deriving keys from passwords (PKCS#12 files)"
        case .verifying: "verifying signatures (outputs)"
        }
    }

    fileprivate var hint: String {
        switch self {
        case .reading, .comparing, .converting: ErrorCode.limitExceeded.hint
        case .matching: "use fewer selectors or simpler patterns under select"
        case .shaping: "ask for fewer or smaller parts of the documents with extract, explode, envFile and template"
        case .derivingKeys:
            "write the PKCS#12 files with fewer iterations, or list fewer of them in one SecretProviderClass"
        case .verifying: "list fewer certificates with outputs in one SecretProviderClass"
        }
    }
}
