import ArgumentParser
import AzureEmulator
import Foundation
import Logging
import NIOCore

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Start the emulator and serve until interrupted.",
        discussion: """
            Writes these files into its directory: ca.pem (the certificate authority to trust), env (variables for \
            a shell), environment.json (a cloud description for direct connections), and at last endpoints.json. \
            Once endpoints.json exists, the emulator is ready.
            """)

    @Option(help: "The initial content of Entra and the vaults, a YAML file.")
    var seed: String?

    @Option(help: "Keep everything in this file across restarts. If it exists, it replaces the seed.")
    var state: String?

    @Flag(help: "Do not start an emulator; print the variables with which clients reach the running one.")
    var printEnv = false

    @Option(help: "Faults that start and end at set times, a YAML file.")
    var schedule: String?

    @Option(help: "The directory for the files that clients need.")
    var directory = "akv-emulator.d"

    @Option(
        help: """
            The address for Entra, the vaults and the proxy, such as 0.0.0.0. The controls ask for no password and \
            listen on loopback only. A proxy that other machines reach refuses other hosts than Azure's.
            """)
    var listen = Emulator.loopback

    @Flag(
        help: """
            Trust the service-account tokens of the Kubernetes cluster that this program runs in, in place of those of \
            the built-in issuer.
            """)
    var inCluster = false

    @Option(help: "The port for Entra and the vaults; 0 takes any free port.")
    var port = 0

    @Option(help: "The port of the proxy that connects Azure's host names to the emulator; 0 takes any free port.")
    var proxyPort = 0

    @Option(help: "The port for the emulator's own controls; 0 takes any free port.")
    var adminPort = 0

    @Option(help: "The delay before each response of Entra and the vaults, in milliseconds.")
    var latency = 0

    @Flag(name: .customLong("http2"), help: "Offer HTTP/2 in addition to HTTP/1.1 for Entra and the vaults.")
    var offersHTTP2 = false

    @Option(help: "Requests to hosts that do not belong to Azure: connect or refuse.")
    var otherHosts = OtherHosts.connect

    @Flag(help: "Log every request.")
    var verbose = false

    func validate() throws {
        for (name, port) in [("port", port), ("proxy-port", proxyPort), ("admin-port", adminPort)]
        where !(0...65535).contains(port) {
            throw ValidationError("--\(name) \(port) is not a port; a port is a number from 0 to 65535")
        }
        guard (try? SocketAddress(ipAddress: listen, port: 0)) != nil else {
            throw ValidationError("--listen \(listen) is not an IP address")
        }
        guard latency >= 0 else { throw ValidationError("--latency must not be negative") }
    }

    func run() async throws {
        let session = ShellSession(exported: ProcessInfo.processInfo.environment, syntax: .sh)
        if printEnv {
            let running = RunningEmulator(directory: EmulatorDirectory(path: directory))
            try await running.check()
            return StandardOutput.write(session.lines(setting: try await running.environment(identity: nil)))
        }
        // The parser would report this mistake also for a misspelled command, so it is checked here.
        guard let seed else {
            throw ValidationError("--seed is missing: the file with the initial content of Entra and the vaults")
        }
        let seedText = try TextFile.read("seed", seed)
        let faults = try schedule.map { try FaultSchedule(yaml: try TextFile.read("schedule", $0)).faults } ?? []
        var logger = Logger(label: "akv-emulator", factory: { StreamLogHandler.standardError(label: $0) })
        logger.logLevel = verbose ? .info : .warning

        let files = EmulatorDirectory(path: directory)
        try files.create()
        let emulator = try await Emulator(
            seed: try Seed(yaml: seedText), options: try options(seed: URL(fileURLWithPath: seed)), logger: logger)
        for fault in faults { emulator.faults.add(fault) }
        try await StopSignal.ends {
            try await emulator.run { endpoints in
                try files.write(endpoints, roots: connectsToOtherHosts ? TrustedRoots.pem(session: session) : "")
                StandardOutput.write(
                    """
                    akv-emulator: https on \(address(endpoints.httpsPort)), proxy on \(address(endpoints.proxyPort))
                    akv-emulator: for clients, run: . \(files.path)/env
                    akv-emulator: to look inside, open: http://127.0.0.1:\(endpoints.adminPort)/

                    """)
            }
        }
    }

    /// This is never true for other machines, because they would get an open proxy into this machine's network.
    private var connectsToOtherHosts: Bool {
        otherHosts == .connect && (listen.hasPrefix("127.") || listen == "::1")
    }

    private func address(_ port: Int) -> String { listen.contains(":") ? "[\(listen)]:\(port)" : "\(listen):\(port)" }

    private func options(seed: URL) throws -> Emulator.Options {
        var options = Emulator.Options()
        options.host = listen
        if inCluster { options.kubernetes = try KubernetesAPI(environment: ProcessInfo.processInfo.environment) }
        options.port = port
        options.proxyPort = proxyPort
        options.adminPort = adminPort
        options.state = state.map { URL(fileURLWithPath: $0) }
        options.latency = .milliseconds(latency)
        options.offersHTTP2 = offersHTTP2
        options.connectsToOtherHosts = connectsToOtherHosts
        options.seedDirectory = seed.deletingLastPathComponent()
        options.seedFile = seed.path
        options.clientDirectory = EmulatorDirectory(path: directory).path
        return options
    }
}
