extension FlagSet {
    /// The flags of `serve`: upstream's flags with their names and defaults, and then the additional ones.
    package static var serve: FlagSet {
        FlagSet([
            Flag(
                name: "endpoint", kind: .text, defaultValue: "unix:///tmp/azure.sock",
                help: "where to listen: unix:///path or tcp://host:port"),
            Flag(
                name: "cloud-name", kind: .text, defaultValue: "AzurePublicCloud",
                help: "the cloud for SecretProviderClasses that do not name one",
                values: .oneOf([
                    "AzurePublicCloud", "AzureUSGovernmentCloud", "AzureChinaCloud", "AzureGermanCloud",
                    "AzureStackCloud",
                ])),
            Flag(
                name: "construct-pem-chain", kind: .bool, defaultValue: "true",
                help: "order the certificates of a PKCS#12 file leaf first"),
            Flag(
                name: "write-cert-and-key-in-separate-files", kind: .bool, defaultValue: "false",
                help: "next to a certificate's secret, also write .crt and .key files"),
            Flag(
                name: "custom-user-agent", kind: .text, defaultValue: "",
                help: "appended to the user agent sent to Azure"),
            Flag(name: "healthz-port", kind: .integer, defaultValue: "8989", help: "the port of the health endpoint"),
            Flag(name: "healthz-path", kind: .text, defaultValue: "/healthz", help: "the path of the health endpoint"),
            Flag(
                name: "healthz-timeout", kind: .duration, defaultValue: "5s", help: "how long a health check may take"),
            Flag(
                name: "prometheus-port", kind: .integer, defaultValue: "8898", help: "the port of the metrics endpoint"),
            Flag(
                name: "metrics-backend", kind: .text, defaultValue: "Prometheus",
                help: "the format of the metrics; Prometheus is the only one", values: .oneOf(["Prometheus"])),
            Flag(
                name: "enable-pprof", kind: .bool, defaultValue: "false",
                help: "serve pages on this process's memory, threads, files and connections on 127.0.0.1"),
            Flag(name: "pprof-port", kind: .integer, defaultValue: "6060", help: "the port of these pages"),
            Flag(name: "version", kind: .bool, defaultValue: "false", help: "print the version as JSON and exit"),
            Flag(
                name: "log-format-json", kind: .bool, defaultValue: "true",
                help: "write the log as JSON, one object a line, on standard error"),
            Flag(
                name: "v", kind: .integer, defaultValue: "0",
                help: "verbosity: 0 logs mounts and errors, 2 debug, 5 trace"),
            Flag(
                name: "token-proxy-url", kind: .text, defaultValue: "",
                help: "the token proxy for AKS identity bindings; empty uses the API server"),
            Flag(
                name: "sni-name", kind: .text, defaultValue: "",
                help: "the token proxy's TLS server name; empty derives it from the API server's certificate"),
            // Additional flags.
            Flag(
                name: "token-proxy-ca-file", kind: .text,
                defaultValue: "/var/run/secrets/kubernetes.io/serviceaccount/ca.crt",
                help: "the only authority that is trusted for the token proxy", values: .file),
            Flag(
                name: "nmi-endpoint", kind: .text, defaultValue: "http://localhost:2579",
                help: "where aad-pod-identity's node agent listens"),
            Flag(
                name: "healthz-host", kind: .text, defaultValue: "0.0.0.0",
                help: "the address of the health endpoint"),
            Flag(
                name: "metrics-host", kind: .text, defaultValue: "0.0.0.0",
                help: "the address of the metrics endpoint"),
            Flag(
                name: "status-endpoint", kind: .text, defaultValue: "",
                help: "the socket for akv-csi status: unix:///path; empty is the path of --endpoint with the ending"
                    + " .status, and none disables it"),
            Flag(
                name: "cloud-env-dirs", kind: .text, defaultValue: "",
                help: "directories, separated by ':', that cloudEnvFileName may name files in; empty allows any",
                values: .directory),
            Flag(
                name: "drain-timeout", kind: .duration, defaultValue: "25s",
                help: "how long running mounts may take to finish after SIGTERM"),
            Flag(
                name: "token-cache", kind: .bool, defaultValue: "true",
                help: "cache access tokens, and use each only with the credential that it was issued for"),
            Flag(
                name: "refresh-interval", kind: .duration, defaultValue: "2m",
                help: "the maximum age of a value, read for any pod of the same identity, when a pod's volume is"
                    + " compared with the vault again; 0 reads from the vault every time"),
            Flag(
                name: "refresh-interval-min", kind: .duration, defaultValue: "10s",
                help: "the shortest refreshInterval that a SecretProviderClass may set"),
            Flag(
                name: "refresh-interval-max", kind: .duration, defaultValue: "1h",
                help: "the longest refreshInterval that a SecretProviderClass may set"),
            Flag(
                name: "value-cache-bytes", kind: .integer, defaultValue: "33554432",
                help: "the maximum memory for cached values; a namespace can fill a quarter; 0 disables the cache"),
            Flag(
                name: "stale-if-error", kind: .duration, defaultValue: "0",
                help: "the maximum age of a cached value that is used while the vault cannot be reached, throttles"
                    + " or fails; 0 uses none"),
            Flag(
                name: "vault-concurrency", kind: .integer, defaultValue: "50",
                help: "the maximum number of concurrent requests to one vault"),
            Flag(
                name: "policy", kind: .text, defaultValue: "",
                help: "a file with the vaults and identities that namespaces may use; read again when it changes",
                values: .file),
            Flag(
                name: "audit-log", kind: .text, defaultValue: "changes",
                help: "log which pod received which object: off, changes (objects that are new to a volume, and"
                    + " failures) or all (every object of every mount)", values: .oneOf(["off", "changes", "all"])),
            Flag(
                name: "events", kind: .bool, defaultValue: "false",
                help: "post an Event on a pod when the rotation of its volume begins to fail and when it works again;"
                    + " needs the service account's token and deploy/events.yaml"),
            Flag(
                name: "service-account-annotations", kind: .bool, defaultValue: "false",
                help:
                    "for classes that do not set them, read the client id and the tenant id from the annotations of the"
                    + " pod's ServiceAccount; needs the provider's token and deploy/service-account-annotations.yaml"),
            Flag(
                name: "service-account-dir", kind: .text, defaultValue: "/var/run/secrets/kubernetes.io/serviceaccount",
                help: "the directory of the provider's own token and the cluster's ca.crt, for"
                    + " --service-account-annotations and --events", values: .directory),
            // This flag had an effect in 0.1. Requests use HTTP/1.1 now.
            ignored("http2", .bool),
            // Upstream knows these flags; they do not have an effect here.
            ignored("vmodule", .text), ignored("logtostderr", .bool), ignored("alsologtostderr", .bool),
            ignored("stderrthreshold", .text), ignored("log_file", .text), ignored("log_dir", .text),
            ignored("log_file_max_size", .integer), ignored("add_dir_header", .bool), ignored("skip_headers", .bool),
            ignored("skip_log_headers", .bool), ignored("one_output", .bool), ignored("log_backtrace_at", .text),
        ])
    }

    private static func ignored(_ name: String, _ kind: Kind) -> Flag {
        Flag(name: name, kind: kind, defaultValue: "", help: "", isIgnored: true)
    }
}
