internal import Budgets

/// The reason why a content cannot be transformed as requested.
///
/// The reason names positions, kinds of values, and names from the manifest or from the keys of a document. It never
/// repeats a value, because it is shown in the pod's events.
package struct ShapingError: Error, Equatable, Sendable {
    /// The kind of the error.
    package enum Kind: String, Sendable {
        /// An expression, a pointer or a template cannot be parsed.
        case syntax
        case unknownFunction = "unknown-function"
        case invalidArity = "invalid-arity"
        case invalidType = "invalid-type"
        case invalidValue = "invalid-value"
        /// The document does not have a value at the named place.
        case missing
        /// The content does not have the stated format.
        case malformed
        /// The work or the result exceeds the limit for one content.
        case tooLarge = "too-large"
    }

    package var kind: Kind
    package var reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

/// The limit on the work for one file, in steps and in new bytes, within the budget of the whole mount. Expressions and
/// templates only loop over documents, but even a short one can need much time or memory.
package struct ShapingBudget: Sendable {
    private var steps: Int
    private var bytes: Int

    /// The number of bytes that can still be created.
    var remainingBytes: Int { bytes }

    /// Creates a budget. `bytes` limits the size of new texts. A document has at most 25 KB, which is the limit of Key
    /// Vault, so the default for `steps` is enough for any reasonable use.
    package init(steps: Int = 500_000, bytes: Int) {
        self.steps = steps
        self.bytes = bytes
    }

    package mutating func spend(steps count: Int = 1) throws(ShapingError) {
        steps -= min(count, steps + 1)
        guard steps >= 0, MountBudget.spend(steps: count, on: .shaping) else {
            throw ShapingError(.tooLarge, "it takes too many steps")
        }
    }

    package mutating func spend(bytes count: Int) throws(ShapingError) {
        bytes -= min(count, bytes + 1)
        guard bytes >= 0, MountBudget.spend(bytes: count, on: .shaping) else {
            throw ShapingError(.tooLarge, "its result is too large")
        }
    }
}
