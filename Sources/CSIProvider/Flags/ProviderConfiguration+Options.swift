internal import Azure
internal import Kubernetes
package import Logging
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory

extension ProviderConfiguration {
    /// Creates the configuration from `options` and the environment. It reads the policy file and the description of
    /// the default cloud. Throws a `ConfigurationError`, or the error of a file, if the provider cannot start with
    /// them.
    package init(
        _ options: ServeOptions, environment: [String: String], version: String, logger: Logger
    ) throws {
        guard let endpoint = Endpoint(options.endpoint) else {
            throw ConfigurationError("invalid endpoint: \(options.endpoint)")
        }
        try options.checkPorts()
        guard options.metricsBackend.lowercased() == "prometheus" else {
            throw ConfigurationError("unsupported metrics backend \(options.metricsBackend)")
        }
        let mounts = try options.mounts(environment)
        guard let audit = AuditLog.Level(rawValue: options.auditLevel) else {
            throw ConfigurationError("invalid audit-log: \(options.auditLevel), must be off, changes or all")
        }
        self.init(
            endpoint: endpoint,
            version: version,
            health: HealthEndpoint.Configuration(
                host: options.healthHost, port: options.healthPort, path: options.healthPath,
                timeout: options.healthTimeout),
            metrics: MetricsEndpoint.Configuration(host: options.metricsHost, port: options.metricsPort),
            debug: options.servesDebugPages ? DebugEndpoint.Configuration(port: options.debugPort) : nil,
            mounts: mounts,
            network: NetworkTransport.Configuration(
                trustRoots: TrustRoots(environment: environment),
                proxy: try ProxySettings(environment: environment),
                userAgent: options.userAgent(version)),
            drainTimeout: options.drainTimeout)
        self.audit = audit
        status = try options.status(nextTo: endpoint)
        nodeName = environment["NODE_NAME"] ?? ""
        if options.postsEvents { events = try options.apiServer(environment, failure: "events cannot be posted") }
        if options.usesAnnotations {
            serviceAccountAnnotations = try options.apiServer(environment, failure: "service accounts cannot be read")
        }
        if !options.policy.isEmpty { self.mounts.policy = try PolicyFile(path: options.policy, logger: logger) }
    }
}

extension ServeOptions {
    fileprivate func checkPorts() throws(ConfigurationError) {
        let ports = [("healthz-port", healthPort), ("prometheus-port", metricsPort), ("pprof-port", debugPort)]
        for (name, port) in ports where !(0...65535).contains(port) {
            throw ConfigurationError("invalid \(name): \(port)")
        }
    }

    fileprivate func status(
        nextTo endpoint: Endpoint
    ) throws(ConfigurationError) -> StatusEndpoint.Configuration? {
        switch (statusEndpoint, endpoint) {
        case ("none", _), ("", .tcp): return nil
        case ("", .unix(let path)): return StatusEndpoint.Configuration(path: NodeStatus.socketPath(nextTo: path))
        default:
            guard case .unix(let path)? = Endpoint(statusEndpoint) else {
                throw ConfigurationError(
                    "invalid status-endpoint: \(statusEndpoint.clipped), must be unix:///path or none")
            }
            guard !path.hasSuffix(".sock"), endpoint != .unix(path: path) else {
                throw ConfigurationError(
                    "invalid status-endpoint: the driver takes \(path.clipped) for a provider's socket;"
                        + " choose a name that does not end with .sock")
            }
            return StatusEndpoint.Configuration(path: path)
        }
    }

    fileprivate func mounts(_ environment: [String: String]) throws(ConfigurationError) -> MountPipeline.Settings {
        let files = CloudEnvironmentFiles(
            defaultPath: environment["AZURE_ENVIRONMENT_FILEPATH"] ?? "",
            allowedDirectories: cloudEnvironmentDirectories)
        do throws(ProviderError) {
            _ = try AzureCloud.named(cloudName, environmentFile: files.read(nil))
        } catch {
            throw ConfigurationError("failed validating default cloud environment: \(error)")
        }
        var mounts = MountPipeline.Settings(
            defaultCloudName: cloudName,
            conversion: ContentConversion(
                constructsChain: constructsChain, separatesCertificateAndKey: separatesCertificateAndKey),
            cloudFiles: files,
            tokens: try tokenServices(environment),
            cache: try cacheSettings())
        mounts.vaultConcurrency = vaultConcurrency
        guard (1...1000).contains(vaultConcurrency) else {
            throw ConfigurationError("invalid vault-concurrency: \(vaultConcurrency)")
        }
        return mounts
    }

    /// Returns the addresses of the token services of the node and the cluster.
    private func tokenServices(
        _ environment: [String: String]
    ) throws(ConfigurationError) -> AccessTokenSource.Settings {
        var settings = AccessTokenSource.Settings()
        // Azure's SDKs read this variable too, to use another metadata service.
        if let service = environment["AZURE_POD_IDENTITY_AUTHORITY_HOST"], !service.isEmpty {
            settings.metadataService = service.droppingTrailingSlashes()
        }
        settings.nodeManagedIdentity = nodeManagedIdentity.droppingTrailingSlashes()
        if !tokenProxyURL.isEmpty { settings.tokenProxy.url = tokenProxyURL }
        settings.tokenProxy.serverName = tokenProxyServerName
        settings.tokenProxy.authorityFile = tokenProxyAuthorityFile
        settings.tokenProxy.takePort(from: environment)
        if let problem = settings.tokenProxy.urlProblem {
            throw ConfigurationError("invalid token-proxy-url: \(problem)")
        }
        return settings
    }

    /// Returns the settings of the value cache.
    private func cacheSettings() throws(ConfigurationError) -> CacheSettings {
        var cache = CacheSettings()
        cache.keepsTokens = keepsTokens
        cache.refreshInterval = refreshInterval
        cache.shortestInterval = shortestRefreshInterval
        cache.longestInterval = longestRefreshInterval
        cache.valueBytes = valueCacheBytes
        cache.staleIfError = staleIfError
        guard valueCacheBytes >= 0 else {
            throw ConfigurationError("invalid value-cache-bytes: \(valueCacheBytes)")
        }
        guard shortestRefreshInterval <= longestRefreshInterval else {
            throw ConfigurationError("refresh-interval-min is longer than refresh-interval-max")
        }
        return cache
    }

    fileprivate func userAgent(_ version: String) -> String {
        // Upstream ignores this flag, so manifests can set it to any text. Characters that an HTTP header cannot
        // contain are removed.
        let custom = String(decoding: customUserAgent.utf8.filter(ASCII.printable.contains), as: UTF8.self)
        return ["akv-csi/\(version)", custom.trimmingSpace()].filter { !$0.isEmpty }.joined(separator: " ")
    }

    /// Returns the cluster's API server. If the environment does not name one, the error consists of `failure` and the
    /// reason.
    fileprivate func apiServer(
        _ environment: [String: String], failure: String
    ) throws(ConfigurationError) -> KubernetesClient.Configuration {
        do {
            return try KubernetesClient.Configuration(
                environment: environment, directory: serviceAccountDirectory.droppingTrailingSlashes())
        } catch {
            throw ConfigurationError("\(failure): \(error)")
        }
    }
}
