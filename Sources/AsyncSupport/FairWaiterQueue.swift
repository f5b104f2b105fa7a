/// Waiting tasks of several owners, in practice namespaces, which take turns: a task waits for those of its own owner
/// that came before it, and for at most one of each other owner per turn, however many those have.
///
/// See `WaiterQueue` for how a queue is used.
package struct FairWaiterQueue<Tag: Sendable, Value: Sendable>: Sendable {
    /// A line may hold only waiters that have ended. It is removed when its turn comes.
    private var lines: [String: WaiterQueue<Tag, Value>] = [:]
    /// The owners of `lines` in the order of their turns.
    private var turns: [String] = []

    package init() {}

    /// The number of waiters.
    package var count: Int { lines.values.reduce(0) { $0 + $1.count } }

    package var isEmpty: Bool { lines.values.allSatisfy { $0.isEmpty } }

    /// Whether a task of `owner` waits.
    package func contains(_ owner: String) -> Bool { lines[owner].map { !$0.isEmpty } ?? false }

    /// Adds a waiter to the end of its owner's line. `tag` says what it waits for, if waiters differ in that.
    package mutating func append(_ tag: Tag, of owner: String) -> Waiter<Tag, Value> {
        if lines[owner] == nil { turns.append(owner) }
        return lines[owner, default: WaiterQueue()].append(tag)
    }

    /// Claims the first waiter of the first owner, in the order of turns, for which `condition` holds. In the line of
    /// one owner, nothing overtakes a waiter that does not satisfy it.
    package mutating func popFirst(
        where condition: (_ owner: String, Tag) -> Bool = { _, _ in true }
    ) -> (claim: WaiterClaim<Tag, Value>, owner: String)? {
        var index = 0
        while index < turns.count {
            let owner = turns[index]
            let claim = lines[owner]?.popFirst { condition(owner, $0) }
            if lines[owner]?.isEmpty ?? true {
                lines[owner] = nil
                turns.remove(at: index)
                if let claim { return (claim, owner) }
            } else if let claim {
                turns.append(turns.remove(at: index))
                return (claim, owner)
            } else {
                index += 1
            }
        }
        return nil
    }
}
