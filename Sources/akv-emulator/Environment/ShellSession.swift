import Foundation

/// The variables of the shell that evaluates the lines of `print-env`. The lines keep the values that they replace in
/// further variables, so that `print-env --unset` can restore them.
struct ShellSession {
    /// The variable with the names of all variables that `print-env` has set in this shell.
    private static let names = "AKV_EMULATOR_VARIABLES"

    /// The variables that the shell exports.
    var exported: [String: String]
    var syntax: ShellSyntax

    /// Lines that set the variables of an environment.
    func lines(setting environment: ClientEnvironment) -> String {
        let known = changedNames
        var result = ""
        for variable in environment.variables {
            if !known.contains(variable.name), let replaced = exported[variable.name] {
                result += syntax.set(Self.savedName(variable.name), replaced)
            }
            result += variable.value.map { syntax.set(variable.name, $0) } ?? syntax.unset(variable.name)
        }
        let all = known + environment.variables.map(\.name).filter { !known.contains($0) }
        return result + syntax.set(Self.names, all.joined(separator: " "))
    }

    /// Returns lines that restore the previous variables of the shell.
    func restoringLines() -> String {
        var result = ""
        for name in changedNames {
            let saved = Self.savedName(name)
            guard let value = exported[saved] else {
                result += syntax.unset(name)
                continue
            }
            result += syntax.set(name, value) + syntax.unset(saved)
        }
        return result + syntax.unset(Self.names)
    }

    /// The value that a variable had before `print-env` changed it.
    func original(_ name: String) -> String? {
        changedNames.contains(name) ? exported[Self.savedName(name)] : exported[name]
    }

    private var changedNames: [String] { (exported[Self.names] ?? "").split(separator: " ").map(String.init) }

    private static func savedName(_ name: String) -> String { "AKV_EMULATOR_SAVED_\(name)" }
}
