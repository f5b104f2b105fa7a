internal import ArgumentParser
internal import Diagnostics
internal import Documents

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explain the code of an error, a log line or an alert.",
        discussion: """
            Prints the causes and the fix. Without a code it lists all codes.

            Exit code: 0, or 2 for a code that does not exist.
            """)

    @Argument(help: "The code, such as vault-forbidden; brackets around it are ignored.")
    var code: String?

    func run() throws {
        guard let code else { return try StandardOutput.write(DebuggingPage.codes.joined(separator: "\n") + "\n") }
        let name = code.lowercased().filter { !"[]`".contains($0) }
        guard let entry = DebuggingPage.entry(for: name) else {
            let near = SpellingSuggestion.near(name, among: DebuggingPage.codes).map { ", did you mean \($0)?" } ?? "."
            throw ValidationError("The code \(code) does not exist\(near) Run akv-csi explain to list all codes.")
        }
        try StandardOutput.write("\(name)\n\n\(entry)\n")
    }
}
