internal import CFuzzDriver
internal import Glibc

/// `akv-fuzz TARGET [OPTION or CORPUS DIRECTORY...]`: options are libFuzzer's. Without arguments it lists the targets.
@main
enum AkvFuzz {
    /// A global variable, because libFuzzer passes inputs to a plain C function, which cannot capture it.
    private nonisolated(unsafe) static var target: FuzzTarget?

    static func main() {
        guard let name = CommandLine.arguments.dropFirst().first else {
            for target in FuzzTarget.all { print(target.name, target.maximumBytes) }
            return
        }
        target = FuzzTarget.all.first { $0.name == name }
        guard let target else {
            print("unknown target: \(name)")
            exit(64)
        }
        // The maximum length comes first, so that an option on the command line overrides it.
        let arguments =
            [CommandLine.arguments[0], "-max_len=\(target.maximumBytes)"] + CommandLine.arguments.dropFirst(2)
        var pointers = arguments.map { strdup($0) }
        exit(
            pointers.withUnsafeMutableBufferPointer { buffer in
                buffer.withMemoryRebound(to: UnsafeMutablePointer<CChar>.self) { arguments in
                    guard let base = arguments.baseAddress else { return 1 }
                    return akv_fuzz_run(Int32(arguments.count), base) { bytes, count in
                        AkvFuzz.target?.body(UnsafeRawBufferPointer(start: bytes, count: count))
                    }
                }
            })
    }
}
