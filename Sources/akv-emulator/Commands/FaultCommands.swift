import ArgumentParser
import AzureEmulator
import Foundation

/// `akv-emulator fault …`
struct FaultCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fault", abstract: "Make the emulator misbehave.",
        subcommands: [FaultAdd.self, FaultRun.self, FaultList.self, FaultClear.self])
}

struct FaultAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Set a fault.",
        discussion: """
            Examples: fault add latency target=vault delay=20ms
                      fault add status status=429 retryAfter=2s count=3 target=vault:kv-payments
                      fault add html target=entra for=30s
            """)

    @OptionGroup var emulator: DirectoryOption

    @Argument(help: "The kind of fault, then key=value pairs such as target=entra or count=3.")
    var words: [String]

    func run() async throws {
        // The fault is checked here, so that an error does not depend on a running emulator.
        let fault = try Fault(words: words)
        let response = try await emulator.controls.send(
            .post, "/faults", body: try JSONSerialization.data(withJSONObject: fault.fields))
        let ids = try JSONDecoder().decode(AddedFaults.self, from: response).ids
        print("fault \(ids.first ?? 0): \(fault)")
    }
}

struct FaultRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Set the faults of a schedule, which starts now.")

    @OptionGroup var emulator: DirectoryOption

    @Argument(help: "The schedule, a YAML file.")
    var file: String

    func run() async throws {
        let text = try TextFile.read("schedule", file)
        try await emulator.controls.send(.post, "/schedule", body: Data(text.utf8))
        for fault in try FaultSchedule(yaml: text).faults { print("\(fault)") }
    }
}

struct FaultList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the faults that are set and how many calls each one struck.")

    @OptionGroup var emulator: DirectoryOption

    func run() async throws {
        for entry in try await emulator.controls.get([FaultRegistry.Entry].self, "/faults") {
            let suffix = entry.isSpent ? ", spent" : ""
            print("\(entry.id): \(entry.fault): struck \(entry.struck) of \(entry.matched)\(suffix)")
        }
    }
}

struct FaultClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Remove one fault or all faults.")

    @OptionGroup var emulator: DirectoryOption

    @Argument(help: "The fault's number, as `fault list` shows it. Without it, all faults are removed.")
    var number: Int?

    func run() async throws {
        try await emulator.controls.send(.delete, number.map { "/faults/\($0)" } ?? "/faults")
    }
}
