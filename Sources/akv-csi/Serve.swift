internal import ArgumentParser
internal import Azure
internal import CSIProvider
internal import Logging
internal import ProviderCore
internal import ProviderTransport

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the driver's mounts over a socket. What the DaemonSet runs.",
        discussion: """
            Flags take one or two dashes, and '=' or a space before a value. The environment is honoured:
            HTTPS_PROXY and NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR, AZURE_ENVIRONMENT_FILEPATH.
            """)

    @Option(help: "Where to listen: unix:///path or tcp://host:port.")
    var endpoint = "unix:///tmp/azure.sock"

    @Option(help: "The cloud of classes that name none.")
    var cloudName = "AzurePublicCloud"

    @Option(help: "Order the certificates of a PKCS#12 file leaf first.")
    var constructPemChain = GoBool(true)

    @Option(help: "Beside a certificate's secret, also write .crt and .key files.")
    var writeCertAndKeyInSeparateFiles = GoBool(false)

    @Option(help: "The address of the health endpoint.")
    var healthzHost = "0.0.0.0"

    @Option(help: "The port of the health endpoint.")
    var healthzPort = 8989

    @Option(help: "The path of the health endpoint.")
    var healthzPath = "/healthz"

    @Option(help: "How long a health check may take.")
    var healthzTimeout = GoDuration(seconds: 5)

    @Option(help: "How long running mounts may take to finish after SIGTERM.")
    var drainTimeout = GoDuration(seconds: 25)

    @Option(help: "Write the log as JSON, one object a line.")
    var logFormatJson = GoBool(true)

    @Option(help: "The least severe level to log: trace, debug, info, notice, warning, error, critical.")
    var logLevel: String?

    @Option(name: .customLong("v"), help: "Verbosity: 0 logs mounts and errors, 2 debug, 5 trace.")
    var verbosity = 0

    func run() async throws {
        let logger = try makeLogger()
        let configuration = try makeConfiguration(environment: ProcessInfo.processInfo.environment)
        do {
            try await ProviderProcess.run(configuration, logger: logger)
        } catch {
            logger.critical("cannot serve", metadata: ["error": "\(error)"])
            throw ExitCode(1)
        }
    }

    private func makeLogger() throws -> Logger {
        let level: Logger.Level
        if let logLevel {
            guard let known = Logger.Level(rawValue: logLevel.lowercased()) else {
                throw ValidationError("unknown log level \(logLevel)")
            }
            level = known
        } else {
            level = verbosity >= 5 ? .trace : verbosity >= 2 ? .debug : .info
        }
        return Logger(label: "akv-csi") { _ in
            StandardErrorLogHandler(format: logFormatJson.value ? .json : .text, level: level)
        }
    }

    private func makeConfiguration(environment: [String: String]) throws -> ProviderConfiguration {
        guard let endpoint = Endpoint(endpoint) else {
            throw Fatal("invalid endpoint: \(endpoint)")
        }
        guard (0...65535).contains(healthzPort) else { throw Fatal("invalid healthz-port: \(healthzPort)") }
        let files = CloudFiles(standard: environment["AZURE_ENVIRONMENT_FILEPATH"] ?? "")
        do throws(ProviderError) {
            _ = try AzureCloud.named(cloudName, environmentFile: files.read(nil))
        } catch {
            throw Fatal("failed validating default cloud environment: \(error)")
        }
        let proxy: ProxySettings
        do throws(ProxySettings.Invalid) {
            proxy = try ProxySettings(environment: environment)
        } catch {
            throw Fatal(error.description)
        }
        return ProviderConfiguration(
            endpoint: endpoint,
            version: Build.version,
            health: HealthEndpoint.Configuration(
                host: healthzHost, port: healthzPort, path: healthzPath, timeout: healthzTimeout.value),
            mounts: MountService.Settings(
                defaultCloudName: cloudName,
                conversion: ContentConversion(
                    constructsChain: constructPemChain.value,
                    separatesCertificateAndKey: writeCertAndKeyInSeparateFiles.value),
                cloudFiles: files),
            network: AsyncHTTPTransport.Configuration(
                trustRoots: TrustRoots(environment: environment), proxy: proxy,
                userAgent: "akv-csi/\(Build.version)"),
            drainTimeout: drainTimeout.value)
    }
}

/// A set-up that cannot work: printed on one line, exit code 1.
struct Fatal: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
