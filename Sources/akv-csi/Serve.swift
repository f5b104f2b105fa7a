internal import ArgumentParser
internal import Azure
internal import CSIProvider
internal import FoundationEssentials
internal import Kubernetes
internal import Logging
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory

/// `serve` among the other commands; its flags are Go's, see `FlagSet`.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the driver's mounts over a socket. What the DaemonSet runs.")

    @Argument(parsing: .captureForPassthrough)
    var arguments: [String] = []

    func run() async throws {
        throw ExitCode(await ServeCommand.run(arguments))
    }
}

/// The DaemonSet's command.
enum ServeCommand {
    /// Serves until a signal arrives; returns the exit code.
    static func run(_ arguments: [String]) async -> Int32 {
        if arguments.contains(where: { ["-h", "-help", "--help"].contains($0) }) {
            print(
                """
                Usage: akv-csi serve [flags]

                Serves the Secrets Store CSI driver's mounts over a socket. Flags take one dash or two, and '=' or
                a space before a value. Honoured in the environment: HTTPS_PROXY and NO_PROXY, SSL_CERT_FILE and
                SSL_CERT_DIR, AZURE_ENVIRONMENT_FILEPATH.

                \(FlagSet.serve.usage)
                """)
            return 0
        }
        var flags = FlagSet.serve
        do throws(FlagSet.Failure) {
            try flags.parse(arguments)
        } catch {
            StandardErrorLogHandler.write("\(error)\nRun 'akv-csi serve --help' for the flags.\n")
            return 2
        }
        if flags.bool("version") {
            print("{\"version\":\"\(Build.version)\",\"buildDate\":\"\(Build.date)\"}")
            return 0
        }
        let level: Logger.Level = flags.integer("v") >= 5 ? .trace : flags.integer("v") >= 2 ? .debug : .info
        let format: StandardErrorLogHandler.Format = flags.bool("log-format-json") ? .json : .text
        let logger = Logger(label: "akv-csi") { _ in StandardErrorLogHandler(format: format, level: level) }
        for name in flags.ignored {
            logger.warning("flag without effect", metadata: ["flag": "\(name)"])
        }
        do {
            var configuration = try configuration(flags, environment: ProcessInfo.processInfo.environment)
            if !flags.text("policy").isEmpty {
                configuration.mounts.policy = try PolicyFile(path: flags.text("policy"), logger: logger)
            }
            try await ProviderServer.run(configuration, logger: logger)
            return 0
        } catch {
            logger.critical("cannot serve", metadata: ["error": "\(error)"])
            return 1
        }
    }

    /// Where the node's and the cluster's token services are.
    private static func tokenServices(
        _ flags: FlagSet, _ environment: [String: String]
    ) throws -> AccessTokenSource.Settings {
        var settings = AccessTokenSource.Settings()
        // The variable by which Azure's SDKs are pointed at another metadata service.
        if let service = environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"], !service.isEmpty {
            settings.metadataService = service.droppingTrailingSlashes()
        }
        settings.nodeManagedIdentity = flags.text("nmi-endpoint").droppingTrailingSlashes()
        if !flags.text("token-proxy-url").isEmpty { settings.tokenProxy.url = flags.text("token-proxy-url") }
        settings.tokenProxy.serverName = flags.text("sni-name")
        settings.tokenProxy.authorityFile = flags.text("token-proxy-ca-file")
        settings.tokenProxy.takePort(from: environment)
        if let problem = settings.tokenProxy.urlProblem { throw Fatal("invalid token-proxy-url: \(problem)") }
        return settings
    }

    /// What may be kept, and how long.
    private static func cacheSettings(_ flags: FlagSet) throws -> CacheSettings {
        var cache = CacheSettings()
        cache.keepsTokens = flags.bool("token-cache")
        cache.refreshInterval = flags.duration("refresh-interval")
        cache.shortestInterval = flags.duration("refresh-interval-min")
        cache.longestInterval = flags.duration("refresh-interval-max")
        cache.valueBytes = flags.integer("value-cache-bytes")
        cache.staleIfError = flags.duration("stale-if-error")
        guard cache.valueBytes >= 0 else { throw Fatal("invalid value-cache-bytes: \(cache.valueBytes)") }
        guard cache.shortestInterval <= cache.longestInterval else {
            throw Fatal("refresh-interval-min is longer than refresh-interval-max")
        }
        return cache
    }

    private static func configuration(
        _ flags: FlagSet, environment: [String: String]
    ) throws -> ProviderConfiguration {
        guard let endpoint = Endpoint(flags.text("endpoint")) else {
            throw Fatal("invalid endpoint: \(flags.text("endpoint"))")
        }
        for port in ["healthz-port", "prometheus-port", "pprof-port"] where !(0...65535).contains(flags.integer(port)) {
            throw Fatal("invalid \(port): \(flags.integer(port))")
        }
        guard flags.text("metrics-backend").lowercased() == "prometheus" else {
            throw Fatal("unsupported metrics backend \(flags.text("metrics-backend"))")
        }
        let files = CloudEnvironmentFiles(
            defaultPath: environment["AZURE_ENVIRONMENT_FILEPATH"] ?? "",
            allowedDirectories: flags.text("cloud-env-dirs").split(separator: ":").map(String.init))
        do throws(ProviderError) {
            _ = try AzureCloud.named(flags.text("cloud-name"), environmentFile: files.read(nil))
        } catch {
            throw Fatal("failed validating default cloud environment: \(error)")
        }
        var mounts = MountPipeline.Settings(
            defaultCloudName: flags.text("cloud-name"),
            conversion: ContentConversion(
                constructsChain: flags.bool("construct-pem-chain"),
                separatesCertificateAndKey: flags.bool("write-cert-and-key-in-separate-files")),
            cloudFiles: files,
            tokens: try tokenServices(flags, environment),
            cache: try cacheSettings(flags))
        mounts.vaultConcurrency = flags.integer("vault-concurrency")
        guard (1...1000).contains(mounts.vaultConcurrency) else {
            throw Fatal("invalid vault-concurrency: \(mounts.vaultConcurrency)")
        }
        // Upstream never sends it, so manifests may hold anything there: what no header can hold is left out.
        let custom = String(flags.text("custom-user-agent").unicodeScalars.filter { (" "..."~").contains($0) })
        let agent = ["akv-csi/\(Build.version)", custom.trimmingSpace()].filter { !$0.isEmpty }
        guard let audit = AuditLog.Level(rawValue: flags.text("audit-log")) else {
            throw Fatal("invalid audit-log: \(flags.text("audit-log")), must be off, changes or all")
        }
        var configuration = ProviderConfiguration(
            endpoint: endpoint,
            version: Build.version,
            health: HealthEndpoint.Configuration(
                host: flags.text("healthz-host"), port: flags.integer("healthz-port"),
                path: flags.text("healthz-path"), timeout: flags.duration("healthz-timeout")),
            metrics: MetricsEndpoint.Configuration(
                host: flags.text("metrics-host"), port: flags.integer("prometheus-port")),
            debug: flags.bool("enable-pprof") ? DebugEndpoint.Configuration(port: flags.integer("pprof-port")) : nil,
            mounts: mounts,
            network: AsyncHTTPTransport.Configuration(
                trustRoots: TrustRoots(environment: environment),
                proxy: try ProxySettings(environment: environment),
                userAgent: agent.joined(separator: " ")),
            drainTimeout: flags.duration("drain-timeout"))
        configuration.network.allowsHTTP2 = flags.bool("http2")
        configuration.audit = audit
        if flags.bool("events") {
            configuration.events = try apiServer(flags, environment, failure: "events cannot be posted")
            configuration.nodeName = environment["NODE_NAME"] ?? ""
        }
        if flags.bool("service-account-annotations") {
            configuration.serviceAccountAnnotations = try apiServer(
                flags, environment, failure: "service accounts cannot be read")
        }
        return configuration
    }

    /// The cluster's API server, or `failure` and the reason why there is none.
    private static func apiServer(
        _ flags: FlagSet, _ environment: [String: String], failure: String
    ) throws -> KubernetesClient.Configuration {
        do {
            return try KubernetesClient.Configuration(
                environment: environment, directory: flags.text("service-account-dir").droppingTrailingSlashes())
        } catch {
            throw Fatal("\(failure): \(error)")
        }
    }
}

/// A set-up that cannot work: printed on one line, exit code 1.
struct Fatal: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
