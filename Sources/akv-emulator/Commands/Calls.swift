import ArgumentParser
import AzureEmulator

struct Calls: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print how many calls Entra and the vaults received.")

    @OptionGroup var emulator: DirectoryOption

    @Flag(help: "Set all counts to zero afterwards.")
    var reset = false

    @Flag(help: "Also print the calls of each class, and how many ran at the same time.")
    var classes = false

    func run() async throws {
        let counts = try await emulator.controls.get(CallCounter.Counts.self, "/calls")
        if reset { try await emulator.controls.send(.delete, "/calls") }
        print(
            "token requests: \(counts.tokens), vault requests: \(counts.vault), "
                + "unauthorized: \(counts.unauthorized), connections: \(counts.connections)")
        guard classes else { return }
        for (name, kind) in counts.classes.sorted(by: { $0.key < $1.key }) {
            print("\(name): \(kind.calls) calls, \(kind.peak) at the same time at most, \(kind.running) now")
        }
    }
}
