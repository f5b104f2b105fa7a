internal import ArgumentParser
internal import CSIProvider

/// Declares `serve` for help, completions and man pages. Its flags come from `FlagSet`, and `ServeCommand` parses them.
struct Serve: ParsableCommand, CustomReflectable {
    static let configuration = CommandConfiguration(
        abstract: "Serve the CSI driver's mounts over a socket, as the DaemonSet does.",
        discussion: """
            Flags take one dash or two, and '=' or a space before a value. These \
            environment variables have an effect: HTTPS_PROXY, NO_PROXY, SSL_CERT_FILE, SSL_CERT_DIR and \
            AZURE_ENVIRONMENT_FILEPATH.
            """)

    private struct FlagName: CodingKey {
        var stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) {
            self.stringValue = stringValue
        }

        init?(intValue: Int) { nil }
    }

    init() {}

    init(from decoder: any Decoder) throws {
        _ = try decoder.container(keyedBy: FlagName.self)
    }

    /// The parser finds the options of a command by reflection.
    var customMirror: Mirror {
        let flags = FlagSet.serve.flags.filter { !$0.isIgnored && $0.name != "version" }
        return Mirror(self, children: flags.map { (label: $0.name, value: Self.declaration(of: $0)) })
    }

    private static func declaration(of flag: FlagSet.Flag) -> Any {
        let name = NameSpecification.customLong(flag.name)
        let help = ArgumentHelp("\(flag.help)", valueName: flag.kind.valueName)
        if flag.kind == .bool, flag.defaultValue == "false" { return Flag(wrappedValue: false, name: name, help: help) }
        let completion: CompletionKind? =
            switch flag.values {
            case .any: flag.kind == .bool ? .list(["true", "false"]) : nil
            case .file: .file()
            case .directory: .directory
            case .oneOf(let values): .list(values)
            }
        guard !flag.defaultValue.isEmpty else { return Option<String?>(name: name, help: help, completion: completion) }
        return Option(wrappedValue: flag.defaultValue, name: name, help: help, completion: completion)
    }
}
