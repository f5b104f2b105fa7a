internal import CSIProvider
internal import Documents
internal import FoundationEssentials
internal import Logging

/// The command of the DaemonSet.
enum ServeCommand {
    /// Serves until a signal arrives, and returns the exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        if arguments.contains(where: { ["-h", "-help", "--help"].contains($0) }) {
            print(
                """
                Usage: akv-csi serve [flags]

                Serves the Secrets Store CSI driver's mounts over a socket. Flags take one dash or two, and '=' or
                a space before a value. These variables have an effect: HTTPS_PROXY and NO_PROXY, SSL_CERT_FILE and
                SSL_CERT_DIR, AZURE_ENVIRONMENT_FILEPATH.

                \(FlagSet.serve.usage)
                """)
            return 0
        }
        let options: ServeOptions
        do throws(FlagError) {
            options = try ServeOptions(arguments)
        } catch {
            StandardErrorLogHandler.write("\(error)\nRun 'akv-csi serve --help' for the flags.\n")
            return 2
        }
        if options.printsVersion {
            let version: JSONOutput = ["version": .text(Build.version), "buildDate": .text(Build.date)]
            print(version.compact)
            return 0
        }
        let logger = options.logger
        for name in options.ignoredFlags {
            logger.warning("flag without effect", metadata: ["flag": "\(name)"])
        }
        do {
            let configuration = try ProviderConfiguration(
                options, environment: ProcessInfo.processInfo.environment, version: Build.version, logger: logger)
            try await ProviderServer.run(configuration, logger: logger)
            return 0
        } catch {
            logger.critical("cannot serve", metadata: ["error": "\(error)"])
            return 1
        }
    }
}
