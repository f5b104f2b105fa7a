/// A part of a document.
struct Extract: Sendable, Hashable {
    enum Place: Sendable, Hashable {
        case pointer(JSONPointer)
        case jmesPath(JMESPath)
    }

    var place: Place
    /// In place of what is missing or null.
    var otherwise: String?
    /// How far JSON is moved in at each level; on one line when nil.
    var indent: Int?

    /// The part. A null is as good as nothing there: no pod waits for a file with that word.
    func value(in document: JSONValue, _ budget: inout ShapingBudget) throws(ShapingError) -> JSONValue {
        let found: JSONValue
        switch place {
        case .pointer(let pointer):
            do {
                found = try pointer.value(in: document)
            } catch {
                guard let otherwise else { throw error }
                return .text(otherwise)
            }
        case .jmesPath(let expression): found = try expression.search(document, &budget)
        }
        guard found.isNull else { return found }
        if let otherwise { return .text(otherwise) }
        if case .pointer = place { throw ShapingError(.missing, "the value there is null") }
        throw ShapingError(.missing, "the expression finds nothing")
    }
}

extension Extract {
    /// Reads `extract`; nil when it does not say what.
    init?(reading settings: SettingsMapping) {
        let pointer = settings.verbatim("pointer")
        let expression = settings.text("jmesPath")
        otherwise = settings.verbatim("default")
        indent = settings.count("indent", in: 0...16)
        switch (pointer, expression) {
        case (let pointer?, nil):
            guard let pointer = settings.read("pointer", { () throws(ShapingError) in try JSONPointer(pointer) }) else {
                return nil
            }
            place = .pointer(pointer)
        case (nil, let expression?):
            guard let path = settings.read("jmesPath", { () throws(ShapingError) in try JMESPath(expression) }) else {
                return nil
            }
            place = .jmesPath(path)
        case (.some, .some):
            settings.refuse("jmesPath", "cannot stand beside pointer")
            return nil
        case (nil, nil):
            settings.refuse(
                "pointer", "or jmesPath is missing",
                hint: "write extract: {pointer: /name} or extract: {jmesPath: \"list[0].name\"}")
            return nil
        }
    }
}

extension Explode {
    init(reading settings: SettingsMapping, path: String) {
        self.init()
        keys = settings.texts("keys") ?? []
        fileName = settings.text("fileName") ?? fileName
        maximum = settings.count("maximum", in: 1...Self.greatestMaximum) ?? maximum
        indent = settings.count("indent", in: 0...16)
        // While a selector stands for the objects, none has a path yet.
        if let problem = problem(path: path.isEmpty ? "path" : path) { settings.refuse("fileName", problem) }
    }
}

extension EnvFile {
    init(reading settings: SettingsMapping) {
        self.init()
        dialect = settings.choice("dialect", ["shell": .shell, "docker": .docker, "dotenv": .dotenv]) ?? dialect
        keys = settings.texts("keys") ?? []
        prefix = settings.text("prefix") ?? ""
        isUpperCase = settings.boolean("upperCase") ?? false
        if let problem { settings.refuse("prefix", problem) }
    }
}

extension SettingsMapping {
    /// What `body` makes of the text under `key`; its refusal is gathered.
    func read<Value>(_ key: String, _ body: () throws(ShapingError) -> Value) -> Value? {
        do {
            return try body()
        } catch {
            refuse(key, "cannot be read: \(error.reason)")
            return nil
        }
    }
}
