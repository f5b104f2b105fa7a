package import Documents
package import SecretMemory

/// A file of environment variables, in one of three dialects, which are only partly compatible.
package struct EnvFile: Sendable, Hashable {
    /// The dialects of env files.
    package enum Dialect: String, Sendable, Hashable, CaseIterable {
        /// For `. ./file` in a POSIX shell. If one spelling is valid in both, `dotenv` writes the same.
        case shell
        /// For `docker run --env-file` and `kubectl create secret --from-env-file`, without quotes, with one line for
        /// each variable.
        case docker
        /// For python-dotenv and similar libraries.
        case dotenv
    }

    package var dialect = Dialect.shell
    /// The keys to include, by name, with the wild cards `*` and `?`; all keys if it is empty.
    package var keys: [String] = []
    /// The prefix of every name.
    package var prefix = ""
    /// Whether keys are converted to usual variable names: letters become upper case, and `-`, `.`, `/` and spaces
    /// become `_`.
    package var isUpperCase = false

    package init() {}

    /// One variable of the file.
    package struct Variable: Sendable {
        package var name: String
        package var value: SecretBytes

        package init(name: String, value: SecretBytes) {
            self.name = name
            self.value = value
        }
    }

    /// Returns what is wrong with `name` as the name of a variable, or nil if it is valid.
    package static func problem(withName name: String) -> String? {
        let isName =
            name.hasOnlyASCIILettersAndDigits(or: "_")
            && name.utf8.first.map { !ASCII.digits.contains($0) } == true
        if !isName { return "is not the name of a variable: names have letters, digits and _, and no digit first" }
        return name.utf8.count > 255 ? "has more than 255 bytes" : nil
    }

    /// What is wrong with `prefix`, or nil if it is valid.
    package var problem: String? {
        prefix.isEmpty ? nil : Self.problem(withName: prefix)
    }

    /// Returns the variables of an object: strings as their text, null as an empty text, and any other value as JSON.
    /// Throws if the document is not an object, or if no key matches.
    package func variables(
        of document: JSONValue, _ budget: inout ShapingBudget
    ) throws(ShapingError) -> [Variable] {
        guard case .object(let object) = document else {
            throw ShapingError(.invalidType, "variables come out of an object, and here is \(document.phrase)")
        }
        let members = try object.members(named: keys, &budget)
        guard !members.isEmpty else {
            throw ShapingError(
                .missing, keys.isEmpty ? "the object has no members" : "no key of the object fits the keys asked for")
        }
        var variables: [Variable] = []
        for member in members {
            let value =
                member.value.isNull ? SecretBytes("") : try ContentDocument.file(of: member.value, &budget)
            variables.append(Variable(name: name(of: member.key), value: value))
        }
        return variables
    }

    /// Returns the name of the variable for a key, with prefix and letter case applied.
    package func name(of key: String) -> String {
        guard isUpperCase else { return prefix + key }
        return prefix
            + String(
                decoding: key.utf8.map { byte in
                    switch byte {
                    case ASCII.lowercase: ASCII.uppercased(byte)
                    case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "/"), UInt8(ascii: " "):
                        UInt8(ascii: "_")
                    default: byte
                    }
                }, as: UTF8.self)
    }

    /// Returns the bytes of the file. Throws if a reader of the dialect could not read a value back exactly.
    package func file(
        of variables: [Variable], _ budget: inout ShapingBudget
    ) throws(ShapingError) -> SecretBytes {
        var builder = SecretBytesBuilder()
        var names: Set<String> = []
        for variable in variables {
            if let problem = Self.problem(withName: variable.name) {
                throw ShapingError(.invalidValue, "\"\(variable.name.clipped)\" \(problem)")
            }
            guard names.insert(variable.name).inserted else {
                throw ShapingError(.invalidValue, "the variable \(variable.name) is there twice")
            }
            let before = builder.count
            builder.append(contentsOf: variable.name.utf8)
            builder.append("=")
            if let problem = variable.value.withExposed({ Quoting.appendVariable($0, dialect, to: &builder) }) {
                throw ShapingError(
                    .invalidValue,
                    "the value of \(variable.name) \(problem), which the dialect \(dialect.rawValue) cannot express")
            }
            builder.append("\n")
            try budget.spend(bytes: builder.count - before)
        }
        return builder.finish()
    }
}
