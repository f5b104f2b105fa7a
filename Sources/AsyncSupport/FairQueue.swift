/// A queue of elements that belong to owners. The owners take turns: an element waits for the earlier elements of its
/// own owner, and in each turn for at most one element of each other owner, regardless of their number.
///
/// Like `RecentMap`, it is part of another type's state and is used under that type's lock.
package struct FairQueue<Element: Sendable>: Sendable {
    private var lines: [String: [Element]] = [:]
    /// The owners of `lines`, in the order of their turns.
    private var turns: [String] = []

    package init() {}

    package var isEmpty: Bool { turns.isEmpty }

    /// The owner with the next turn.
    package var nextOwner: String? { turns.first }

    /// The number of elements of all owners.
    package var count: Int { lines.values.reduce(0) { $0 + $1.count } }

    /// The number of elements of `owner`.
    package func count(of owner: String) -> Int { lines[owner]?.count ?? 0 }

    /// Adds `element` at the end of its owner's line.
    package mutating func append(_ element: Element, of owner: String) {
        if lines[owner] == nil { turns.append(owner) }
        lines[owner, default: []].append(element)
    }

    /// Adds `element` at the head of its owner's line, and gives the owner the next turn.
    package mutating func prepend(_ element: Element, of owner: String) {
        turns.removeAll { $0 == owner }
        turns.insert(owner, at: 0)
        lines[owner, default: []].insert(element, at: 0)
    }

    /// Removes and returns the last element of the owner with the most elements, to make room for an element of
    /// `owner`. Returns nil if `owner` would then have as many elements as that owner, or more.
    package mutating func popLast(inFavorOf owner: String) -> Element? {
        guard let longest = lines.max(by: { $0.value.count < $1.value.count }),
            longest.value.count > count(of: owner) + 1
        else { return nil }
        return lines[longest.key]?.removeLast()
    }

    /// Removes the elements that satisfy `condition`.
    package mutating func removeAll(where condition: (Element) -> Bool) {
        lines = lines.compactMapValues { line in
            let rest = line.filter { !condition($0) }
            return rest.isEmpty ? nil : rest
        }
        turns.removeAll { lines[$0] == nil }
    }

    /// Removes and returns the first element of the first owner, in the order of turns, that satisfies `condition`.
    package mutating func popFirst(where condition: (_ owner: String) -> Bool) -> (element: Element, owner: String)? {
        guard let index = turns.firstIndex(where: condition) else { return nil }
        let owner = turns.remove(at: index)
        guard let element = lines[owner]?.removeFirst() else { return nil }
        if lines[owner]?.isEmpty == false { turns.append(owner) } else { lines[owner] = nil }
        return (element, owner)
    }

    /// Removes and returns the first element of the owner with the next turn.
    package mutating func popFirst() -> Element? {
        guard let owner = turns.first else { return nil }
        turns.removeFirst()
        let element = lines[owner]?.removeFirst()
        if lines[owner]?.isEmpty == false { turns.append(owner) } else { lines[owner] = nil }
        return element
    }
}
