internal import Shaping

extension Extract {
    /// Reads `extract`. Returns nil if it does not have a valid expression, after reporting the mistake.
    init?(parsing settings: SettingsMapping) {
        let pointer = settings.verbatim("pointer")
        let expression = settings.text("jmesPath")
        let defaultValue = settings.verbatim("default")
        let indent = settings.count("indent", in: 0...16)
        let place: Place
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
            settings.refuse("jmesPath", "cannot be combined with pointer")
            return nil
        case (nil, nil):
            settings.refuse(
                "pointer", "or jmesPath is missing",
                hint: "write extract: {pointer: /name} or extract: {jmesPath: \"list[0].name\"}")
            return nil
        }
        self.init(place: place, defaultValue: defaultValue, indent: indent)
    }
}

extension Explode {
    init(parsing settings: SettingsMapping, path: String) {
        self.init()
        keys = settings.texts("keys") ?? []
        fileName = settings.text("fileName") ?? fileName
        maximum = settings.count("maximum", in: 1...Self.greatestMaximum) ?? maximum
        indent = settings.count("indent", in: 0...16)
        // The objects of a selector do not have their paths yet.
        if let problem = problem(path: path.isEmpty ? "path" : path, pathProblem: MountPath.problem) {
            settings.refuse("fileName", problem)
        }
    }
}

extension EnvFile {
    init(parsing settings: SettingsMapping) {
        self.init()
        dialect = settings.choice("dialect", ["shell": .shell, "docker": .docker, "dotenv": .dotenv]) ?? dialect
        keys = settings.texts("keys") ?? []
        prefix = settings.text("prefix") ?? ""
        isUpperCase = settings.boolean("upperCase") ?? false
        if let problem { settings.refuse("prefix", problem) }
    }
}

extension SettingsMapping {
    /// Returns the result of `body` for the text under `key`, or nil after reporting the error that it throws.
    func read<Value>(_ key: String, _ body: () throws(ShapingError) -> Value) -> Value? {
        do {
            return try body()
        } catch {
            refuse(key, "cannot be read: \(error.reason)")
            return nil
        }
    }
}
