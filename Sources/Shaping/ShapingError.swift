internal import Budgets

/// Why a content cannot be brought into the shape that was asked for.
///
/// The reason names positions, kinds, and names that the manifest or a document's keys bring. It never
/// repeats a value, because it ends in the pod's events.
package struct ShapingError: Error, Equatable, Sendable {
    package enum Kind: String, Sendable {
        /// An expression, a pointer or a template that cannot be read.
        case syntax
        case unknownFunction = "unknown-function"
        case invalidArity = "invalid-arity"
        case invalidType = "invalid-type"
        case invalidValue = "invalid-value"
        /// The document has nothing at the place that was named.
        case missing
        /// The content is not what its format says.
        case malformed
        /// More work or more bytes than one content may cost.
        case tooLarge = "too-large"
    }

    package var kind: Kind
    package var reason: String

    package init(_ kind: Kind, _ reason: String) {
        self.kind = kind
        self.reason = reason
    }
}

/// What shaping one file may cost, in steps and in new bytes, within what the mount as a whole may cost. Expressions and templates have no loops but
/// those over a document, and still a short one can ask for a long time or for a lot of memory.
package struct ShapingBudget: Sendable {
    private var steps: Int
    private var bytes: Int

    /// How many bytes may still be made.
    var remainingBytes: Int { bytes }

    /// `bytes` bounds what is made. Documents have 25 KB at most, which is the most that Key Vault stores, so the
    /// default for `steps` is enough for anything sensible.
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
