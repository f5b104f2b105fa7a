package import Documents
package import SecretMemory

/// A file of environment variables, for one of three readers that understand each other only in part.
package struct EnvFile: Sendable, Hashable {
    package enum Dialect: String, Sendable, Hashable, CaseIterable {
        /// `. ./file` in a POSIX shell. Where one spelling serves both, `dotenv` writes the same.
        case shell
        /// `docker run --env-file` and `kubectl create secret --from-env-file`: no quotes, one line each.
        case docker
        /// python-dotenv and its like.
        case dotenv
    }

    package var dialect = Dialect.shell
    /// Which keys, by their names, with `*` and `?` as wild cards; all when empty.
    package var keys: [String] = []
    /// Before every name.
    package var prefix = ""
    /// Makes names of keys that are none: letters in upper case, and `_` for `-`, `.`, `/` and a space.
    package var isUpperCase = false

    package init() {}

    package struct Variable: Sendable {
        package var name: String
        package var value: SecretBytes

        package init(name: String, value: SecretBytes) {
            self.name = name
            self.value = value
        }
    }

    /// What is wrong with `name` as a variable's name; nil if nothing.
    package static func problem(withName name: String) -> String? {
        let isName =
            name.hasOnlyASCIILettersAndDigits(or: "_")
            && name.utf8.first.map { !ASCII.digits.contains($0) } == true
        if !isName { return "is not the name of a variable: names have letters, digits and _, and no digit first" }
        return name.utf8.count > 255 ? "has more than 255 bytes" : nil
    }

    /// What is wrong with `prefix`; nil if nothing.
    package var problem: String? {
        prefix.isEmpty ? nil : Self.problem(withName: prefix)
    }

    /// The variables of an object: strings as their text, null as the empty text, anything else as JSON.
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

    /// The variable's name for a key, by prefix and case.
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

    /// The file. Whatever its reader could not give back byte for byte is an error.
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
