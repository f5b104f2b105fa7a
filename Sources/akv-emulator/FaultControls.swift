import ArgumentParser
import AzureEmulator
import Foundation
import NIOHTTP1

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

    @Option(help: "The running emulator's directory.")
    var directory = "akv-emulator.d"

    @Argument(help: "The kind of fault, then key=value pairs such as target=entra or count=3.")
    var words: [String]

    func run() async throws {
        // Read here for the sake of its complaints, and sent in words that are known to be right.
        let fault = try Fault(words: words)
        let body = try JSONSerialization.data(withJSONObject: fault.fields)
        let answer = try await control(.POST, "/faults", in: directory, body: body)
        let ids = try JSONDecoder().decode(AddedFaults.self, from: answer).ids
        print("fault \(ids.first ?? 0): \(fault)")
    }
}

struct FaultRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedule", abstract: "Set the faults of a schedule, which begins now.")

    @Option(help: "The running emulator's directory.")
    var directory = "akv-emulator.d"

    @Argument(help: "The schedule, in YAML.")
    var file: String

    func run() async throws {
        let text = try TextFile.read("schedule", file)
        _ = try await control(.POST, "/schedule", in: directory, body: Data(text.utf8))
        for fault in try FaultSchedule(yaml: text).faults { print("\(fault)") }
    }
}

struct FaultList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "Print the faults that are set and how often each struck.")

    @Option(help: "The running emulator's directory.")
    var directory = "akv-emulator.d"

    func run() async throws {
        let answer = try await control(.GET, "/faults", in: directory)
        for entry in try JSONDecoder().decode([FaultBook.Entry].self, from: answer) {
            print(
                "\(entry.id): \(entry.fault): struck \(entry.struck) of \(entry.matched)\(entry.isSpent ? ", spent" : "")"
            )
        }
    }
}

struct FaultClear: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Take back a fault, or all.")

    @Option(help: "The running emulator's directory.")
    var directory = "akv-emulator.d"

    @Argument(help: "The fault's number, as `fault list` shows it; all faults when absent.")
    var number: Int?

    func run() async throws {
        _ = try await control(.DELETE, number.map { "/faults/\($0)" } ?? "/faults", in: directory)
    }
}
