import ArgumentParser
import AzureEmulator
import Foundation
import Logging

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start the emulator and serve until interrupted.",
        discussion: """
            Writes into its directory: ca.pem (the authority to trust), env (variables for a shell), \
            environment.json (a cloud description for direct connections), and last endpoints.json, \
            whose appearance tells that the emulator is ready.
            """)

    @Option(help: "What Entra and the vaults hold at first, in YAML.")
    var seed: String?

    @Option(help: "Keep everything in this file across restarts; once it exists it counts, not the seed.")
    var state: String?

    @Flag(help: "Start nothing: print the variables that lead clients to the emulator that runs.")
    var printEnv = false

    @Option(help: "Faults that come and go by a plan, in YAML.")
    var schedule: String?

    @Option(help: "Where to write the files that clients need.")
    var directory = "akv-emulator.d"

    @Option(help: "The port for Entra and the vaults; 0 takes any free one.")
    var port = 0

    @Option(help: "The port of the proxy that leads Azure's host names here; 0 takes any free one.")
    var proxyPort = 0

    @Option(help: "The port for the emulator's own controls; 0 takes any free one.")
    var adminPort = 0

    @Option(help: "Milliseconds to wait before each answer of Entra and the vaults.")
    var latency = 0

    @Flag(name: .customLong("http2"), help: "Offer HTTP/2 beside HTTP/1.1 for Entra and the vaults.")
    var offersHTTP2 = false

    @Flag(help: "Log every request.")
    var verbose = false

    func validate() throws {
        for (name, port) in [("port", port), ("proxy-port", proxyPort), ("admin-port", adminPort)]
        where !(0...65535).contains(port) {
            throw ValidationError("there is no --\(name) \(port)")
        }
        guard latency >= 0 else { throw ValidationError("the latency cannot be less than nothing") }
    }

    func run() async throws {
        if printEnv { return print(try await PrintEnvironment.variables(of: directory, identity: nil), terminator: "") }
        // Not before, or it would be said of a misspelt command too.
        guard let seed else {
            throw ValidationError("--seed is missing: the file that says what Entra and the vaults hold")
        }
        let url = URL(fileURLWithPath: seed)
        let text = try TextFile.read("seed", seed)
        let plan = try schedule.map { try FaultSchedule(yaml: try TextFile.read("schedule", $0)) }
        var options = Emulator.Options()
        options.port = port
        options.proxyPort = proxyPort
        options.adminPort = adminPort
        options.state = state.map { URL(fileURLWithPath: $0) }
        options.latency = .milliseconds(latency)
        options.offersHTTP2 = offersHTTP2
        options.seedDirectory = url.deletingLastPathComponent()
        var logger = Logger(label: "akv-emulator", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = verbose ? .info : .warning

        let files = EmulatorDirectory(path: directory)
        try files.create()
        let emulator = try await Emulator(seed: try Seed(yaml: text), options: options, logger: logger)
        for fault in plan?.faults ?? [] { emulator.faults.add(fault) }
        try await emulator.run { endpoints in
            try files.write(endpoints)
            // Not by print, which keeps lines back when the output is no terminal.
            let lines = """
                akv-emulator: https on 127.0.0.1:\(endpoints.httpsPort), proxy on 127.0.0.1:\(endpoints.proxyPort)
                akv-emulator: for clients, run: . \(files.path)/env
                akv-emulator: to look inside, open: http://127.0.0.1:\(endpoints.adminPort)/

                """
            FileHandle.standardOutput.write(Data(lines.utf8))
        }
    }
}
