internal import Yams

extension Fault {
    private static let commonKeys: Set<String> = [
        "kind", "target", "path", "method", "count", "pattern", "probability", "seed", "at", "for", "every", "clock",
    ]

    /// A fault from its keys and values. Throws an `EmulatorError` for an unknown key or an invalid value.
    init(fields: [String: String]) throws {
        guard let name = fields["kind"] else { throw EmulatorError("a fault needs a kind") }
        guard let kind = Kind(rawValue: name) else {
            throw EmulatorError(
                SpellingSuggestion.message(unknown: "kind of fault", name, among: Kind.allCases.map(\.rawValue)))
        }
        let keys = Self.commonKeys.union(kind.keys)
        for key in fields.keys.sorted() where !keys.contains(key) {
            throw EmulatorError(
                SpellingSuggestion.message(unknown: "key of the fault \(name):", key, among: Array(keys)))
        }
        func parsed<Value>(_ key: String, _ expected: String, _ parse: (String) -> Value?) throws -> Value? {
            guard let text = fields[key] else { return nil }
            guard let value = parse(text) else {
                throw EmulatorError("\(key) of the fault \(name) is \(text), not \(expected)")
            }
            return value
        }
        func notNegative(_ text: String) -> Duration? { Duration(text: text).flatMap { $0 < .zero ? nil : $0 } }
        func positiveNumber(_ text: String) -> Int? { Int(text).flatMap { $0 > 0 ? $0 : nil } }

        self.init(kind)
        let targets = FaultTarget.names.joined(separator: ", ")
        let notations = Notation.allCases.map(\.rawValue).joined(separator: ", ")
        target = try parsed("target", "one of \(targets)") { FaultTarget($0) } ?? target
        path = try parsed("path", "a pattern") { Glob($0) }
        let methods = ["GET", "POST", "PUT", "PATCH", "DELETE"]
        method = try parsed("method", methods.joined(separator: ", ")) { methods.contains($0) ? $0 : nil }
        count = try parsed("count", "a number from 1", positiveNumber)
        pattern =
            try parsed("pattern", "a row of x and .") { text -> [Character]? in
                !text.isEmpty && text.allSatisfy { $0 == "x" || $0 == "." } ? Array(text) : nil
            } ?? pattern
        probability =
            try parsed("probability", "a number from 0 to 1") { text in
                Double(text).flatMap { (0...1).contains($0) ? $0 : nil }
            } ?? probability
        seed = try parsed("seed", "a number") { UInt64($0) } ?? seed
        at = try parsed("at", "a duration such as 10s", notNegative) ?? at
        duration = try parsed("for", "a duration such as 10s", notNegative)
        period = try parsed("every", "a duration such as 1m") { notNegative($0).flatMap { $0 > .zero ? $0 : nil } }
        clock = try parsed("clock", "emulator or real") { Clock(rawValue: $0) } ?? clock
        delay = try parsed("delay", "a duration such as 20ms", notNegative) ?? delay
        status = try parsed("status", "an HTTP status") { text in
            Int(text).flatMap { (200...599).contains($0) ? $0 : nil }
        }
        retryAfter = try parsed("retryAfter", "a duration such as 2s", notNegative)
        notation = try parsed("notation", "one of \(notations)") { Notation(rawValue: $0) } ?? notation
        host = try parsed("host", "a host's name") { text in
            !text.isEmpty && !text.contains { "/ @?#\\".contains($0) } ? text : nil
        }
        size = try parsed("size", "a number of bytes", positiveNumber)
        skew = try parsed("skew", "a duration such as -10m") { Duration(text: $0) } ?? skew
        guard kind.suits(target) else { throw EmulatorError("\(target) cannot misbehave with \(name)") }
        if let period, duration ?? period >= period {
            throw EmulatorError("the fault \(name): for must be shorter than every")
        }
        if kind == .status, status == nil { throw EmulatorError("the fault status needs a status") }
    }
}

extension Fault: Decodable {
    private struct Key: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }
        init?(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    /// Decodes a mapping in YAML or JSON in which each value is a scalar.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        var fields: [String: String] = [:]
        for key in container.allKeys { fields[key.stringValue] = try container.decode(String.self, forKey: key) }
        try self.init(fields: fields)
    }
}

extension Fault {
    /// Reads one fault or a list of faults in YAML or JSON.
    static func list(yaml: String) throws -> [Fault] {
        do {
            if case .sequence = try Yams.compose(yaml: yaml) {
                return try YAMLDecoder().decode([Fault].self, from: yaml)
            }
            return [try YAMLDecoder().decode(Fault.self, from: yaml)]
        } catch {
            throw EmulatorError(reading: "the fault", error)
        }
    }
}
