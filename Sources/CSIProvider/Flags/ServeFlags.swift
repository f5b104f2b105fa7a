extension FlagSet {
    /// The flags of `serve`: upstream's under upstream's names and with its defaults, then our own.
    package static var serve: FlagSet {
        FlagSet([
            Flag(
                name: "endpoint", kind: .text, defaultValue: "unix:///tmp/azure.sock",
                help: "where to listen: unix:///path or tcp://host:port"),
            Flag(
                name: "cloud-name", kind: .text, defaultValue: "AzurePublicCloud",
                help: "the cloud of SecretProviderClasses that name none",
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
                help: "how metrics are given; Prometheus is the only way", values: .oneOf(["Prometheus"])),
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
                help: "the token proxy for AKS identity bindings; empty takes the API server"),
            Flag(
                name: "sni-name", kind: .text, defaultValue: "",
                help: "the token proxy's TLS server name; empty finds it out from the API server's certificate"),
            // Ours.
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
                help: "where akv-csi status asks: unix:///path; empty is the path of --endpoint with the ending"
                    + " .status, none disables it"),
            Flag(
                name: "cloud-env-dirs", kind: .text, defaultValue: "",
                help: "directories, separated by ':', that cloudEnvFileName may name files in; empty allows any",
                values: .directory),
            Flag(
                name: "drain-timeout", kind: .duration, defaultValue: "25s",
                help: "how long running mounts may take to finish after SIGTERM"),
            Flag(
                name: "token-cache", kind: .bool, defaultValue: "true",
                help: "keep access tokens for the very credential that earned them"),
            Flag(
                name: "refresh-interval", kind: .duration, defaultValue: "2m",
                help: "how old a value, read for any pod of the same identity, may be when a pod's volume is compared"
                    + " with the vault again; 0 asks the vault every time"),
            Flag(
                name: "refresh-interval-min", kind: .duration, defaultValue: "10s",
                help: "the shortest refreshInterval that a SecretProviderClass may set"),
            Flag(
                name: "refresh-interval-max", kind: .duration, defaultValue: "1h",
                help: "the longest refreshInterval that a SecretProviderClass may set"),
            Flag(
                name: "value-cache-bytes", kind: .integer, defaultValue: "33554432",
                help: "the most memory for values that are shared; a namespace may fill a quarter; 0 keeps none"),
            Flag(
                name: "stale-if-error", kind: .duration, defaultValue: "0",
                help: "how old a value may be to stand in for a vault that cannot be reached, throttles or fails;"
                    + " 0 never"),
            Flag(
                name: "vault-concurrency", kind: .integer, defaultValue: "50",
                help: "the most requests that the node has under way at one vault"),
            Flag(
                name: "policy", kind: .text, defaultValue: "",
                help: "a file with the vaults and identities that namespaces may use; read again when it changes",
                values: .file),
            Flag(
                name: "audit-log", kind: .text, defaultValue: "changes",
                help: "log who was given which object: off, changes (what a volume has not had before, and failures)"
                    + " or all (every object of every mount)", values: .oneOf(["off", "changes", "all"])),
            Flag(
                name: "events", kind: .bool, defaultValue: "false",
                help: "post an Event on a pod when the rotation of its volume begins to fail and when it works again;"
                    + " needs the service account's token and deploy/events.yaml"),
            Flag(
                name: "service-account-annotations", kind: .bool, defaultValue: "false",
                help: "take the client id, and the tenant id, of classes that name none from the annotations of the"
                    + " pod's ServiceAccount; needs the provider's token and deploy/service-account-annotations.yaml"),
            Flag(
                name: "service-account-dir", kind: .text, defaultValue: "/var/run/secrets/kubernetes.io/serviceaccount",
                help: "where the provider's own token and the cluster's ca.crt lie, for --service-account-annotations"
                    + " and --events", values: .directory),
            // Had an effect in 0.1: requests go over HTTP/1.1 now.
            ignored("http2", .bool),
            // Known to upstream and without effect here.
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
