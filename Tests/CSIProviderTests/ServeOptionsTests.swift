import CSIProvider
import Testing

@Suite("The options of serve")
struct ServeOptionsTests {
    private static let flags = FlagSet.serve.flags.filter { !$0.isIgnored }

    private func members(_ arguments: [String]) throws -> [String: String] {
        let children = Mirror(reflecting: try ServeOptions(arguments)).children
        return Dictionary(uniqueKeysWithValues: children.map { ($0.label ?? "", "\($0.value)") })
    }

    /// A valid value that is not the flag's default.
    private static func otherValue(_ flag: FlagSet.Flag) -> String {
        switch flag.kind {
        case .bool: flag.defaultValue == "true" ? "false" : "true"
        case .integer: "7"
        case .text: "/other"
        case .duration: "77s"
        }
    }

    @Test("each flag sets one member of the options")
    func members() throws {
        let defaults = try members([])
        let changed = try Self.flags.map { flag in
            let given = try members(["--\(flag.name)=\(Self.otherValue(flag))"])
            return given.keys.filter { given[$0] != defaults[$0] }.sorted()
        }
        for (flag, names) in zip(Self.flags, changed) {
            #expect(names.count == 1, "\(flag.name) sets \(names)")
        }
        #expect(Set(changed.joined()) == Set(defaults.keys).subtracting(["ignoredFlags"]))
    }

    @Test("flags without effect are named in the order of their definition")
    func ignored() throws {
        let options = try ServeOptions(["--log_dir=/tmp", "--v=2", "--logtostderr"])
        #expect(options.ignoredFlags == ["logtostderr", "log_dir"])
    }
}
