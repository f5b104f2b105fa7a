import ArgumentParser
import AzureEmulator
import Foundation
import Logging

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run a command with an emulator of its own.",
        usage: "akv-emulator run [<options>] -- <command> [<argument> ...]",
        discussion: """
            Starts an emulator on free ports, runs the command with the variables that print-env prints, and stops \
            the emulator when the command ends. Signals reach the command, and its exit code becomes this \
            program's: 128 + N after signal N, 127 if the command does not exist, 126 if it cannot be executed. If \
            the emulator cannot start, the command does not run.

            Example: akv-emulator run --seed emulator.yaml --identity payments -- python3 -m pytest

            Within the command, akv-emulator list and the like talk to this emulator.
            """)

    @Option(help: "The initial content of Entra and the vaults, a YAML file.")
    var seed = "emulator.yaml"

    @Option(help: "The identity for the SDKs. It needs a federated credential for the built-in cluster.")
    var identity: String?

    @Option(help: "Keep everything in this file across restarts. If it exists, it replaces the seed.")
    var state: String?

    @Option(help: "Faults that start and end at set times, a YAML file.")
    var schedule: String?

    @Option(help: "The directory for the files that clients need. Without it, a temporary one.")
    var directory: String?

    @Option(help: "The delay before each response of Entra and the vaults, in milliseconds.")
    var latency = 0

    @Option(help: "Requests to hosts that do not belong to Azure: connect or refuse.")
    var otherHosts = OtherHosts.connect

    @Flag(help: "Log every request to standard error.")
    var verbose = false

    @Argument(parsing: .postTerminator, help: "The command and its arguments.")
    var command: [String] = []

    func validate() throws {
        guard !command.isEmpty else { throw ValidationError("the command is missing: akv-emulator run -- COMMAND") }
        guard latency >= 0 else { throw ValidationError("--latency must not be negative") }
    }

    func run() async throws {
        let seedText = try TextFile.read("seed", seed)
        let faults = try schedule.map { try FaultSchedule(yaml: try TextFile.read("schedule", $0)).faults } ?? []
        var logger = Logger(label: "akv-emulator", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = verbose ? .info : .warning
        let files = EmulatorDirectory(path: try directory ?? Self.temporaryDirectory())
        do {
            try files.create()
            let emulator = try await Emulator(
                seed: try Seed(yaml: seedText), options: options(files), logger: logger)
            for fault in faults { emulator.faults.add(fault) }
            try await emulator.run { endpoints in
                // Ends the process, because the servers would report that they are cancelled.
                Self.end(with: await result(endpoints, files), cleanUp: { removeTemporary(files) })
            }
        } catch {
            removeTemporary(files)
            throw error
        }
    }

    private func options(_ files: EmulatorDirectory) -> Emulator.Options {
        var options = Emulator.Options()
        options.state = state.map { URL(fileURLWithPath: $0) }
        options.latency = .milliseconds(latency)
        options.seedDirectory = URL(fileURLWithPath: seed).deletingLastPathComponent()
        options.seedFile = URL(fileURLWithPath: seed).path
        options.clientDirectory = files.path
        options.connectsToOtherHosts = otherHosts == .connect
        return options
    }

    /// Runs the command. Returns its exit code as an error, or the error because of which it did not run.
    private func result(_ endpoints: Emulator.Endpoints, _ files: EmulatorDirectory) async -> any Error {
        do {
            let session = ShellSession(exported: ProcessInfo.processInfo.environment, syntax: .sh)
            try files.write(endpoints, roots: otherHosts == .connect ? TrustedRoots.pem(session: session) : "")
            let environment = try await RunningEmulator(directory: files).environment(identity: identity)
            let child = try ChildCommand(command, environment: environment.applied(to: session.exported))
            return ExitCode(await child.exitCode())
        } catch {
            return error
        }
    }

    private func removeTemporary(_ files: EmulatorDirectory) {
        if directory == nil { try? FileManager.default.removeItem(atPath: files.path) }
    }

    private static func temporaryDirectory() throws -> String {
        let template = FileManager.default.temporaryDirectory.appendingPathComponent("akv-emulator.XXXXXX").path
        var bytes = Array(template.utf8CString)
        guard mkdtemp(&bytes) != nil else {
            throw CommandError("a directory like \(template) cannot be created: \(String(cString: strerror(errno)))")
        }
        return String(decoding: bytes.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
