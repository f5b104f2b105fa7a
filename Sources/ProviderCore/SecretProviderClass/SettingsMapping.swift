internal import Budgets
package import Documents
internal import SecretMemory

/// One mapping in the settings of a class: an object, or a mapping inside one.
///
/// All mappings follow the same rules. A scalar is its source text, null means "not set", a duplicate key is an error,
/// and every mistake is reported with its place. A key becomes known when the code reads it, so each setting needs one
/// line only; the remaining keys cause warnings.
package struct SettingsMapping {
    /// The name of the mapping in errors, such as `object at index 2 (db): extract`.
    package let place: String
    /// The report that collects mistakes and warnings.
    package let report: SettingsReport
    private let scope: SettingsScope
    private let members: [ByteKey: YAMLNode]
    private let keys: MappingKeys

    /// The cost of each byte of a setting's text, because some readers look at every character.
    static let stepsPerByte = 2

    /// The maximum number of keys in one mapping: one for each object of a volume.
    package static let maximumKeys = 1000

    /// Creates a mapping from members whose merge keys are resolved. The keys in `known` are read elsewhere.
    package init(
        _ members: [YAMLNode.Member], place: String, report: SettingsReport, known: [String] = [],
        scope: SettingsScope = .object
    ) {
        self.scope = scope
        self.place = place
        self.report = report
        var values: [ByteKey: YAMLNode] = [:]
        var keys: [String] = []
        if members.count > Self.maximumKeys {
            report.add(
                ProviderError(
                    .limitExceeded,
                    "\(place): it has \(members.count) keys; one mapping has at most \(Self.maximumKeys)"))
        }
        for (key, value) in members.prefix(Self.maximumKeys) {
            guard let name = key.scalar?.text else { continue }
            if values.updateValue(value, forKey: ByteKey(name)) != nil {
                let twice = ProviderError(.objectInvalid, "\(place): the key \(name.clipped) exists twice")
                report.add(twice.about(scope.place(of: name)))
            } else {
                keys.append(name)
            }
        }
        self.members = values
        self.keys = MappingKeys(place: place, present: keys, askedFor: known)
        report.add(self.keys)
    }

    // MARK: - Values of one key each; nil when absent or refused

    /// Returns the text without leading and trailing white space; nil if nothing is left.
    package func text(_ key: String) -> String? {
        guard let text = scalar(key)?.text.trimmingSpace(), !text.isEmpty else { return nil }
        return text
    }

    /// Returns the text unchanged.
    package func verbatim(_ key: String) -> String? {
        scalar(key)?.text
    }

    package func boolean(_ key: String) -> Bool? {
        choice(key, ["true": true, "false": false])
    }

    /// Returns the value of one of `words`, which match in any letter case.
    package func choice<Value>(_ key: String, _ words: KeyValuePairs<String, Value>) -> Value? {
        guard let text = text(key) else { return nil }
        if let found = words.first(where: { $0.key == text.lowercased() }) { return found.value }
        let near = SpellingSuggestion.near(text, among: words.map(\.key)).map { "; did you mean \($0)?" } ?? ""
        let known = words.map(\.key)
        let list =
            known.count < 2
            ? known.joined() : known.dropLast().joined(separator: ", ") + " or " + known[known.count - 1]
        refuse(key, "\(text.clipped) is not \(list)\(near)")
        return nil
    }

    /// Returns a whole number in `range`.
    package func count(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        if let number = Int(text), range.contains(number) { return number }
        refuse(key, "\(text.clipped) is not a number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    /// Returns a duration such as `90m`, `72h` or `30d`.
    package func duration(_ key: String) -> Duration? {
        guard let text = text(key) else { return nil }
        if let duration = SettingsDuration.parse(text) { return duration }
        refuse(
            key, "\(text.clipped) is not a duration",
            hint: "write \(key) as a number with a unit, such as 90m, 72h or 30d"
        )
        return nil
    }

    /// Returns a list of texts; a single text counts as a list of one.
    package func texts(_ key: String) -> [String]? {
        guard let node = node(key) else { return nil }
        let nodes = node.sequence ?? [node]
        let bytes = nodes.reduce(0) { $0 + ($1.scalar?.text.utf8.count ?? 0) }
        guard MountBudget.spend(steps: Self.stepsPerByte * bytes, on: .reading) else { return nil }
        let texts = nodes.map { $0.text?.trimmingSpace() ?? "" }
        guard !texts.isEmpty, !texts.contains("") else {
            refuse(key, "must be a text or a list of texts")
            return nil
        }
        return texts
    }

    /// Returns a mapping of texts to texts, in the order of the source.
    package func pairs(_ key: String) -> [(name: String, value: String)]? {
        guard let inner = mapping(key) else { return nil }
        return inner.keys.present.compactMap { name in
            inner.verbatim(name).map { (name, $0.trimmingSpace()) }
        }
    }

    /// Returns a mapping inside this one.
    package func mapping(_ key: String) -> SettingsMapping? {
        node(key).flatMap { inner($0, key, label: key) }
    }

    /// Returns a list of mappings; a single mapping counts as a list of one.
    package func mappings(_ key: String) -> [SettingsMapping]? {
        guard let node = node(key) else { return nil }
        guard let elements = node.sequence else { return inner(node, key, label: key).map { [$0] } }
        if elements.isEmpty { refuse(key, "is an empty list") }
        return elements.enumerated().compactMap { inner($0.element, key, label: "\(key)[\($0.offset)]") }
    }

    /// Whether `key` has a value of any kind.
    package func has(_ key: String) -> Bool { node(key) != nil }

    // MARK: - Mistakes

    /// Reports a mistake about `key`.
    package func refuse(_ key: String, _ reason: String, hint: String? = nil) {
        refuse(key, label: key, reason, hint: hint)
    }

    /// Reports a mistake about `key`, or about the element of its list that `label` names.
    private func refuse(_ key: String, label: String, _ reason: String, hint: String? = nil) {
        add(ProviderError(.objectInvalid, "\(place): \(label) \(reason)", hint: hint), about: key)
    }

    /// Reports an error about `key`.
    func add(_ error: ProviderError, about key: String) {
        report.add(error.about(scope.place(of: key)))
    }

    /// Reports the same mistake for each of `keys` that is set.
    package func refuse(any keys: [String], _ reason: String, hint: String? = nil) {
        for key in keys where has(key) { refuse(key, reason, hint: hint) }
    }

    private func node(_ key: String) -> YAMLNode? {
        keys.ask(for: key)
        guard let node = members[ByteKey(key)], !node.isNull else { return nil }
        return node
    }

    private func scalar(_ key: String) -> YAMLScalar? {
        guard let node = node(key) else { return nil }
        if let scalar = node.scalar {
            // Processing a text takes time with its length, and YAML aliases can repeat a long text many times.
            guard MountBudget.spend(steps: Self.stepsPerByte * scalar.text.utf8.count, on: .reading) else { return nil }
            return scalar
        }
        refuse(key, "must be a text, not a \(node.sequence == nil ? "mapping" : "list")")
        return nil
    }

    private func inner(_ node: YAMLNode, _ key: String, label: String) -> SettingsMapping? {
        guard case .mapping(let members, _) = node else {
            refuse(key, label: label, "must be a mapping")
            return nil
        }
        do throws(YAMLError) {
            return SettingsMapping(
                try YAMLNode.merging(members), place: "\(place): \(label)", report: report,
                scope: scope.inner(key))
        } catch {
            refuse(key, label: label, error.description)
            return nil
        }
    }
}

/// The keys of one mapping: those that exist, and those that the code has read.
final class MappingKeys {
    private let place: String
    /// The keys as written in the source.
    let present: [String]
    private var askedFor: [String]
    private var isAskedFor: Set<ByteKey>

    init(place: String, present: [String], askedFor: [String]) {
        self.place = place
        self.present = present
        self.askedFor = askedFor
        isAskedFor = Set(askedFor.map { ByteKey($0) })
    }

    func ask(for key: String) {
        if isAskedFor.insert(ByteKey(key)).inserted { askedFor.append(key) }
    }

    /// Returns warnings about the existing keys that the code has not read, each with a spelling suggestion. `names`
    /// limits their number.
    func unknown(_ names: UnknownNames) -> [String] {
        present.filter { !isAskedFor.contains(ByteKey($0)) }.compactMap { key in
            names.note(key, among: askedFor).map { "\(place): unknown key \(key.clipped) is ignored\($0)" }
        }
    }
}

/// Collects the mistakes and unknown keys of a document's mappings. It does not keep the mappings, because each of them
/// keeps the report.
package final class SettingsReport {
    private(set) package var errors: [ProviderError] = []
    private var keys: [MappingKeys] = []
    private let unknown: UnknownNames

    /// Creates a report. All reports of a document share `unknown`.
    package init(unknown: UnknownNames = UnknownNames()) {
        self.unknown = unknown
    }

    package func add(_ error: ProviderError) { errors.append(error) }

    func add(_ keys: MappingKeys) { self.keys.append(keys) }

    /// The warnings about unknown keys. They are complete only when all settings have been read.
    package var warnings: [String] { keys.flatMap { $0.unknown(unknown) } }
}

/// Parses durations in settings: Go's notation, and whole days such as `30d`.
package enum SettingsDuration {
    package static func parse(_ text: String) -> Duration? {
        guard text.hasSuffix("d") else { return GoDuration.parse(text) }
        guard let days = Int(text.dropLast()), (0...36_500).contains(days) else { return nil }
        return .seconds(days * 86_400)
    }
}
