internal import Shaping

extension Extract {
    /// Reads `extract`; nil when it does not say what.
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
        // While a selector stands for the objects, none has a path yet.
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
