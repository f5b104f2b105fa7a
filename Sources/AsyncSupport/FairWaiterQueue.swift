/// A queue of waiting tasks that belong to owners, which are usually namespaces. The owners take turns: a task waits
/// for the earlier tasks of its own owner, and in each turn for at most one task of each other owner, regardless of
/// their number.
///
/// See `WaiterQueue` for the use of a queue.
public struct FairWaiterQueue<Tag: Sendable, Value: Sendable>: Sendable {
    /// The waiters of each owner. A line can consist of waiters that have ended; it is removed at its turn.
    @usableFromInline var lines: [String: WaiterQueue<Tag, Value>] = [:]
    /// The owners of `lines`, in the order of their turns.
    @usableFromInline var turns: [String] = []

    @inlinable public init() {}

    /// The number of waiters.
    @inlinable public var count: Int { lines.values.reduce(0) { $0 + $1.count } }

    @inlinable public var isEmpty: Bool { lines.values.allSatisfy { $0.isEmpty } }

    /// Whether a task of `owner` is waiting.
    @inlinable public func contains(_ owner: String) -> Bool { lines[owner].map { !$0.isEmpty } ?? false }

    /// Adds a waiter to the end of its owner's line. `tag` describes what it waits for, if waiters differ in that.
    @inlinable public mutating func append(_ tag: Tag, of owner: String) -> Waiter<Tag, Value> {
        if lines[owner] == nil { turns.append(owner) }
        return lines[owner, default: WaiterQueue()].append(tag)
    }

    /// Claims the first waiter of the first owner, in the order of turns, for which `condition` holds. Within the line
    /// of an owner, no waiter overtakes another one.
    @inlinable public mutating func popFirst(
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
