package import Logging

/// The values of `serve`'s flags, with one property of the flag's type for each.
///
/// Only `init` knows the names of the flags. The values come from the command line unchecked; `ProviderConfiguration`
/// checks them.
package struct ServeOptions: Sendable {
    var endpoint: String
    var cloudName: String
    var constructsChain: Bool
    var separatesCertificateAndKey: Bool
    var customUserAgent: String
    var healthPort: Int
    var healthPath: String
    var healthTimeout: Duration
    var healthHost: String
    var metricsPort: Int
    var metricsHost: String
    var metricsBackend: String
    var servesDebugPages: Bool
    var debugPort: Int
    /// The status socket: empty for a socket next to `endpoint`, and `none` for no socket.
    var statusEndpoint: String
    /// Whether to print the version and exit.
    package var printsVersion: Bool
    var logsJSON: Bool
    var verbosity: Int
    /// The URL of the token proxy; empty for the API server.
    var tokenProxyURL: String
    var tokenProxyServerName: String
    var tokenProxyAuthorityFile: String
    var nodeManagedIdentity: String
    /// The directories that classes can name cloud files in; empty for any directory.
    var cloudEnvironmentDirectories: [String]
    var drainTimeout: Duration
    var keepsTokens: Bool
    var refreshInterval: Duration
    var shortestRefreshInterval: Duration
    var longestRefreshInterval: Duration
    var valueCacheBytes: Int
    var staleIfError: Duration
    var vaultConcurrency: Int
    /// The path of the policy file; empty if no policy is used.
    var policy: String
    var auditLevel: String
    var postsEvents: Bool
    var usesAnnotations: Bool
    var serviceAccountDirectory: String
    /// The names of the given flags that do not have an effect.
    package var ignoredFlags: [String]

    /// Parses `arguments`. Throws an error in Go's words if they are invalid.
    package init(_ arguments: [String]) throws(FlagError) {
        var flags = FlagSet.serve
        try flags.parse(arguments)
        self.init(flags)
    }

    private init(_ flags: FlagSet) {
        endpoint = flags.text("endpoint")
        cloudName = flags.text("cloud-name")
        constructsChain = flags.bool("construct-pem-chain")
        separatesCertificateAndKey = flags.bool("write-cert-and-key-in-separate-files")
        customUserAgent = flags.text("custom-user-agent")
        healthPort = flags.integer("healthz-port")
        healthPath = flags.text("healthz-path")
        healthTimeout = flags.duration("healthz-timeout")
        healthHost = flags.text("healthz-host")
        metricsPort = flags.integer("prometheus-port")
        metricsHost = flags.text("metrics-host")
        metricsBackend = flags.text("metrics-backend")
        servesDebugPages = flags.bool("enable-pprof")
        debugPort = flags.integer("pprof-port")
        statusEndpoint = flags.text("status-endpoint")
        printsVersion = flags.bool("version")
        logsJSON = flags.bool("log-format-json")
        verbosity = flags.integer("v")
        tokenProxyURL = flags.text("token-proxy-url")
        tokenProxyServerName = flags.text("sni-name")
        tokenProxyAuthorityFile = flags.text("token-proxy-ca-file")
        nodeManagedIdentity = flags.text("nmi-endpoint")
        cloudEnvironmentDirectories = flags.text("cloud-env-dirs").split(separator: ":").map(String.init)
        drainTimeout = flags.duration("drain-timeout")
        keepsTokens = flags.bool("token-cache")
        refreshInterval = flags.duration("refresh-interval")
        shortestRefreshInterval = flags.duration("refresh-interval-min")
        longestRefreshInterval = flags.duration("refresh-interval-max")
        valueCacheBytes = flags.integer("value-cache-bytes")
        staleIfError = flags.duration("stale-if-error")
        vaultConcurrency = flags.integer("vault-concurrency")
        policy = flags.text("policy")
        auditLevel = flags.text("audit-log")
        postsEvents = flags.bool("events")
        usesAnnotations = flags.bool("service-account-annotations")
        serviceAccountDirectory = flags.text("service-account-dir")
        ignoredFlags = flags.ignored
    }

    /// A logger with the options' format and level, which writes to standard error.
    package var logger: Logger {
        let level: Logger.Level = verbosity >= 5 ? .trace : verbosity >= 2 ? .debug : .info
        let format: LogFormat = logsJSON ? .json : .text
        return Logger(label: "akv-csi") { _ in StandardErrorLogHandler(format: format, level: level) }
    }
}
