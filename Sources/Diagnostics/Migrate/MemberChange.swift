internal import Documents
internal import SecretMemory

/// A change of a manifest's tree. The file's text is changed separately, and parsing the new text shows whether both
/// changes are the same.
struct MemberChange: Sendable {
    enum Kind: Sendable {
        /// Replaces the text of the scalar at the place.
        case value(String)
        /// Renames the key at the place.
        case key(String)
        /// Inserts a member at the beginning of the mapping whose first key is at the place.
        case insertion(path: [String], value: String)
        /// Removes the member whose key is at the place.
        case removal
    }

    var place: TextSource.Position
    var kind: Kind
}

/// Applies changes to a tree. Each change must apply to exactly one node.
struct MemberChanges {
    private let changes: [TextSource.Position: [MemberChange]]
    private let count: Int
    private var applied = 0

    private init(_ changes: [MemberChange]) {
        self.changes = Dictionary(grouping: changes, by: \.place)
        count = changes.count
    }

    /// Returns nil if `after` is `before` with `changes` and without any other difference, and the reason otherwise.
    static func difference(from before: String, to after: String, _ changes: [MemberChange]) -> String? {
        let documents: (before: [YAMLNode], after: [YAMLNode])
        do throws(YAMLError) {
            documents = (try Manifest.documents(before), try Manifest.documents(after))
        } catch {
            return "the result would not be YAML"
        }
        var expected = MemberChanges(changes)
        let wanted = documents.before.map { expected.changed($0) }
        guard expected.applied == expected.count else {
            return "a value is shared with other places by an anchor"
        }
        guard wanted.count == documents.after.count, zip(wanted, documents.after).allSatisfy({ $0.isEqual(to: $1) })
        else {
            return "other members would change too"
        }
        if isJSON(before), !isJSON(after) { return "the result would not be JSON" }
        return nil
    }

    static func isJSON(_ text: String) -> Bool {
        guard
            text.utf8.first(where: { !ASCII.isSpace($0) }).map({ $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: "[") })
                == true
        else { return false }
        do throws(JSONError) {
            _ = try JSONParser.parse(SecretBytes(text))
            return true
        } catch {
            return false
        }
    }

    private mutating func changed(_ node: YAMLNode) -> YAMLNode {
        switch node {
        case .scalar(var scalar):
            for change in changes[node.start] ?? [] {
                guard case .value(let text) = change.kind else { continue }
                applied += 1
                scalar = Self.text(text)
            }
            return .scalar(scalar)
        case .sequence(let elements, let line):
            return .sequence(elements.map { changed($0) }, line: line)
        case .mapping(let members, let line):
            var result: [YAMLNode.Member] = []
            for (index, member) in members.enumerated() {
                var key = member.key
                var isKept = true
                for change in changes[member.key.start] ?? [] {
                    switch change.kind {
                    case .insertion(let path, let value):
                        guard index == 0 else { continue }
                        applied += 1
                        result.append(Self.member(path, value))
                    case .key(let name):
                        applied += 1
                        key = .scalar(Self.text(name))
                    case .removal:
                        applied += 1
                        isKept = false
                    case .value: continue
                    }
                }
                if isKept { result.append((key, changed(member.value))) }
            }
            return .mapping(result, line: line)
        }
    }

    private static func text(_ text: String) -> YAMLScalar { YAMLScalar(text: text, isPlain: false, line: 0) }

    private static func member(_ path: [String], _ value: String) -> YAMLNode.Member {
        let inner: YAMLNode =
            path.count > 1 ? .mapping([member(Array(path.dropFirst()), value)], line: 0) : .scalar(text(value))
        return (.scalar(text(path[0])), inner)
    }
}

extension YAMLNode {
    /// Whether both nodes have the same meaning, regardless of their notation. Keys are compared only by their text.
    fileprivate func isEqual(to other: YAMLNode) -> Bool {
        switch (self, other) {
        case (.scalar(let a), .scalar(let b)): tag == other.tag && Array(a.text.utf8) == Array(b.text.utf8)
        case (.sequence(let a, _), .sequence(let b, _)):
            a.count == b.count && zip(a, b).allSatisfy { $0.isEqual(to: $1) }
        case (.mapping(let a, _), .mapping(let b, _)):
            a.count == b.count && zip(a, b).allSatisfy { $0.key.isEqual(to: $1.key) && $0.value.isEqual(to: $1.value) }
        default: false
        }
    }
}
