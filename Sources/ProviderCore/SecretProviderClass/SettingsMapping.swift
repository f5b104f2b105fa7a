internal import Budgets
package import Documents
internal import SecretMemory

/// One mapping of the settings language: an object, or a mapping inside one.
///
/// All of it is read by the same rules. Scalars are the text of their source, null means "not set", a key
/// that stands twice is refused, and every mistake is gathered with its place. The keys that are asked for
/// are the keys there are, so each setting is one line where it is read, and what is left over is warned of.
package struct SettingsMapping {
    /// How errors call it, such as `object at index 2 (db): extract`.
    package let place: String
    /// Where mistakes and warnings go.
    package let report: SettingsReport
    private let scope: SettingsScope
    private let members: [ByteKey: YAMLNode]
    private let keys: MappingKeys

    /// What a byte of a setting's text may cost: some ignores its characters.
    static let stepsPerByte = 2

    /// The most keys of one mapping: one for each object of a volume.
    package static let maximumKeys = 1000

    /// Takes over a mapping's members, merge keys resolved. `known` keys are read by others.
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

    /// Text without white space at its ends; nil when that leaves nothing.
    package func text(_ key: String) -> String? {
        guard let text = scalar(key)?.text.trimmingSpace(), !text.isEmpty else { return nil }
        return text
    }

    /// Text as it stands.
    package func verbatim(_ key: String) -> String? {
        scalar(key)?.text
    }

    package func boolean(_ key: String) -> Bool? {
        choice(key, ["true": true, "false": false])
    }

    /// One of `words`, in any letter case.
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

    /// A whole number in `range`.
    package func count(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let text = text(key) else { return nil }
        if let number = Int(text), range.contains(number) { return number }
        refuse(key, "\(text.clipped) is not a number from \(range.lowerBound) to \(range.upperBound)")
        return nil
    }

    /// A time span such as `90m`, `72h` or `30d`.
    package func duration(_ key: String) -> Duration? {
        guard let text = text(key) else { return nil }
        if let duration = SettingsDuration.parse(text) { return duration }
        refuse(
            key, "\(text.clipped) is not a duration",
            hint: "write \(key) as a number with a unit, such as 90m, 72h or 30d"
        )
        return nil
    }

    /// A list of texts, or one text that stands for a list of one.
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

    /// A mapping of texts to texts, in the order of the source.
    package func pairs(_ key: String) -> [(name: String, value: String)]? {
        guard let inner = mapping(key) else { return nil }
        return inner.keys.present.compactMap { name in
            inner.verbatim(name).map { (name, $0.trimmingSpace()) }
        }
    }

    /// A mapping inside this one.
    package func mapping(_ key: String) -> SettingsMapping? {
        node(key).flatMap { inner($0, key, label: key) }
    }

    /// A list of mappings; one mapping stands for a list of one.
    package func mappings(_ key: String) -> [SettingsMapping]? {
        guard let node = node(key) else { return nil }
        guard let elements = node.sequence else { return inner(node, key, label: key).map { [$0] } }
        if elements.isEmpty { refuse(key, "is an empty list") }
        return elements.enumerated().compactMap { inner($0.element, key, label: "\(key)[\($0.offset)]") }
    }

    /// Whether `key` has a value of any kind.
    package func has(_ key: String) -> Bool { node(key) != nil }

    // MARK: - Mistakes

    /// Gathers a mistake about `key`.
    package func refuse(_ key: String, _ reason: String, hint: String? = nil) {
        refuse(key, label: key, reason, hint: hint)
    }

    /// Gathers a mistake about `key`, or about the list element of it that `label` names.
    private func refuse(_ key: String, label: String, _ reason: String, hint: String? = nil) {
        add(ProviderError(.objectInvalid, "\(place): \(label) \(reason)", hint: hint), about: key)
    }

    /// Gathers an error about `key`.
    func add(_ error: ProviderError, about key: String) {
        report.add(error.about(scope.place(of: key)))
    }

    /// Refuses those of `keys` that are there, because of `reason`.
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
            // Whatever is made of the text takes time with its length, and an alias makes many long texts of one.
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

/// The keys of one mapping: those that exist, and those that were asked for.
final class MappingKeys {
    private let place: String
    /// As they stand in the source.
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

    /// The keys that nothing has asked for, each with what was probably meant, as far as `names` has room for them.
    func unknown(_ names: UnknownNames) -> [String] {
        present.filter { !isAskedFor.contains(ByteKey($0)) }.compactMap { key in
            names.note(key, among: askedFor).map { "\(place): unknown key \(key.clipped) is ignored\($0)" }
        }
    }
}

/// Gathers the mistakes and the unknown keys of a document's mappings. It keeps no mapping, as each of them keeps
/// the report.
package final class SettingsReport {
    private(set) package var errors: [ProviderError] = []
    private var keys: [MappingKeys] = []
    private let unknown: UnknownNames

    /// `unknown` is shared by all reports of a document.
    package init(unknown: UnknownNames = UnknownNames()) {
        self.unknown = unknown
    }

    package func add(_ error: ProviderError) { errors.append(error) }

    func add(_ keys: MappingKeys) { self.keys.append(keys) }

    /// About keys that nothing has asked for; to be read when everything has been.
    package var warnings: [String] { keys.flatMap { $0.unknown(unknown) } }
}

/// Time spans in the settings: Go's notation, and whole days.
package enum SettingsDuration {
    package static func parse(_ text: String) -> Duration? {
        guard text.hasSuffix("d") else { return GoDuration.parse(text) }
        guard let days = Int(text.dropLast()), (0...36_500).contains(days) else { return nil }
        return .seconds(days * 86_400)
    }
}
