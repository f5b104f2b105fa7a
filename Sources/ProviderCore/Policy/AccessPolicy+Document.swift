internal import Documents
internal import SecretMemory

extension AccessPolicy {
    package static let apiVersion = "akv-csi/v1"

    /// Parses a policy in YAML or JSON. An unknown key or value is an error, because a typo would otherwise remove a
    /// limit. Throws all mistakes together.
    package init(parsing text: String) throws(AccessPolicyError) {
        let documents: [YAMLNode]
        do throws(YAMLError) {
            documents = try YAMLParser.parseAll(text)
        } catch {
            throw AccessPolicyError([AccessPolicyError.Mistake(line: error.line, reason: error.reason)])
        }
        var reader = PolicyReader()
        let policy = reader.policy(documents)
        guard let policy, reader.mistakes.isEmpty else {
            throw AccessPolicyError(reader.mistakes.sorted { $0.line < $1.line })
        }
        self = policy
    }
}

/// Reads a policy's document and collects its mistakes.
private struct PolicyReader {
    private typealias Member = (line: Int, value: YAMLNode)

    private(set) var mistakes: [AccessPolicyError.Mistake] = []

    mutating func policy(_ documents: [YAMLNode]) -> AccessPolicy? {
        guard documents.count == 1, let root = documents.first else {
            note(
                documents.dropFirst().first?.line ?? 0, "a policy is one document, but this file has \(documents.count)"
            )
            return nil
        }
        let members = members(of: root, "a policy", ["apiVersion", "default", "rules"])
        let version = word(members["apiVersion"], "apiVersion", [AccessPolicy.apiVersion], root.line)
        let decision = word(members["default"], "default", AccessPolicy.Default.allCases.map(\.rawValue), root.line)
        var rules: [AccessPolicy.Rule] = []
        if let member = members["rules"] {
            guard let nodes = member.value.sequence else {
                note(member.line, "rules must be a list")
                return nil
            }
            for node in nodes {
                guard let rule = rule(node) else { continue }
                if rules.contains(where: { $0.name == rule.name }) {
                    note(node.line, "another rule has the name \(rule.name.clipped) already")
                }
                rules.append(rule)
            }
        }
        guard version != nil, let decision = decision.flatMap(AccessPolicy.Default.init) else { return nil }
        return AccessPolicy(fallbackDecision: decision, rules: rules)
    }

    private mutating func rule(_ node: YAMLNode) -> AccessPolicy.Rule? {
        let keys = ["name", "namespaces", "serviceAccounts"] + AccessPolicy.Limit.allCases.map(\.rawValue)
        let members = members(of: node, "a rule", keys)
        guard let named = members["name"], let name = named.value.text, !name.isEmpty else {
            note(members["name"]?.line ?? node.line, "a rule needs a name, which errors and audit lines call it by")
            return nil
        }
        if name == AccessPolicy.defaultName { note(named.line, "a rule cannot have the name \(name)") }
        var rule = AccessPolicy.Rule(name: name, limits: [:])
        rule.namespaces = names(members["namespaces"], "namespaces")
        rule.serviceAccounts = names(members["serviceAccounts"], "serviceAccounts")
        for limit in AccessPolicy.Limit.allCases {
            rule.limits[limit] = values(members[limit.rawValue], of: limit)
        }
        return rule
    }

    private mutating func names(_ member: Member?, _ key: String) -> [Glob]? {
        texts(member, key)?.map { Glob($0.text, ignoresCase: false) }
    }

    private mutating func values(_ member: Member?, of limit: AccessPolicy.Limit) -> [Glob]? {
        guard let texts = texts(member, limit.rawValue) else { return nil }
        return texts.map { line, text in
            if let vocabulary = limit.vocabulary, !vocabulary.contains(text) {
                note(line, unknown(text, "\(limit.parameter)", vocabulary))
            } else if limit == .cloudEnvFileNames, text.contains("*") {
                note(line, "\(limit.rawValue) are whole paths, without wild cards")
            }
            return Glob(text, ignoresCase: limit.ignoresCase)
        }
    }

    // MARK: - Shapes

    private mutating func members(of node: YAMLNode, _ what: String, _ keys: [String]) -> [String: Member] {
        guard case .mapping(let members, _) = node else {
            note(node.line, "\(what) must be a mapping with the keys \(keys.joined(separator: ", "))")
            return [:]
        }
        var found: [String: Member] = [:]
        for (key, value) in members {
            let name = key.scalar?.text ?? ""
            if !keys.contains(name) {
                note(key.line, unknown(name, "key of \(what)", keys))
            } else if let earlier = found[name] {
                note(key.line, "\(name) is already set in line \(earlier.line)")
            } else {
                found[name] = (key.line, value)
            }
        }
        return found
    }

    private mutating func word(_ member: Member?, _ key: String, _ words: [String], _ line: Int) -> String? {
        guard let member else {
            note(line, "\(key) is missing: \(words.joined(separator: " or "))")
            return nil
        }
        guard let text = member.value.text, words.contains(text) else {
            note(member.line, "\(key) must be \(words.joined(separator: " or "))")
            return nil
        }
        return text
    }

    private mutating func texts(_ member: Member?, _ key: String) -> [(line: Int, text: String)]? {
        guard let member else { return nil }
        guard let nodes = member.value.sequence else {
            note(member.line, "\(key) must be a list, such as [ \(member.value.text?.clipped ?? "…") ]")
            return nil
        }
        if nodes.isEmpty {
            note(member.line, "an empty list permits nothing; leave \(key) out to set no limit")
        }
        return nodes.compactMap { node in
            if let text = node.text { return (node.line, text) }
            note(node.line, "\(key) must be a list of texts")
            return nil
        }
    }

    private func unknown(_ name: String, _ what: String, _ known: [String]) -> String {
        let nearest =
            SpellingSuggestion.of(name, among: known, differingIn: max(2, name.utf8.count / 2)).map {
                ", did you mean \($0)?"
            }
            ?? "."
        return "\"\(name.clipped)\" is not a \(what)\(nearest) Use one of: \(known.joined(separator: ", "))"
    }

    private mutating func note(_ line: Int, _ reason: String) {
        mistakes.append(AccessPolicyError.Mistake(line: line, reason: reason))
    }
}

/// The mistakes in a policy file, with their lines.
package struct AccessPolicyError: Error, Sendable, Equatable {
    /// One mistake in the file.
    package struct Mistake: Sendable, Equatable {
        /// The line, counted from 1; 0 if it is unknown.
        package var line: Int
        package var reason: String
    }

    package var mistakes: [Mistake]

    package init(_ mistakes: [Mistake]) {
        self.mistakes = mistakes
    }

    /// Returns the mistakes in the format of compilers, `FILE:LINE: REASON`, so that an editor can jump to them.
    package func description(file: String) -> String {
        mistakes.map { $0.line > 0 ? "\(file):\($0.line): \($0.reason)" : "\(file): \($0.reason)" }
            .joined(separator: "; ")
    }
}
