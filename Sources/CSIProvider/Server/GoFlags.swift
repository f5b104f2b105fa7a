/// Lets `serve` take flags as Go's flag package does, because upstream's DaemonSets write them so: one
/// or two dashes, `=` or a space before the value, and switches with or without `=true`.
package enum GoFlags {
    private static let switches: Set<String> = [
        "log-format-json", "construct-pem-chain", "write-cert-and-key-in-separate-files",
    ]
    private static let valued: Set<String> = [
        "endpoint", "healthz-port", "healthz-path", "healthz-timeout", "healthz-host", "cloud-name", "log-level",
        "drain-timeout", "v",
    ]

    /// The same arguments in the one form `--name=value`; everything that is no flag of ours is left.
    package static func normalized(_ arguments: [String]) -> [String] {
        guard arguments.first == "serve" else { return arguments }
        var output = ["serve"]
        var rest = arguments.dropFirst()
        while let argument = rest.popFirst() {
            guard argument.hasPrefix("-") else {
                output.append(argument)
                continue
            }
            let body = argument.drop { $0 == "-" }
            let name = String(body.prefix { $0 != "=" })
            let hasValue = body.contains("=")
            if switches.contains(name) {
                output.append(hasValue ? "--\(body)" : "--\(name)=true")
            } else if valued.contains(name) {
                if hasValue {
                    output.append("--\(body)")
                } else if let value = rest.popFirst() {
                    output.append("--\(name)=\(value)")
                } else {
                    output.append("--\(name)")
                }
            } else {
                output.append(argument)
            }
        }
        return output
    }
}
