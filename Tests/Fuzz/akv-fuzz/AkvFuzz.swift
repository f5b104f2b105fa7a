internal import CFuzzDriver
internal import Glibc

/// `akv-fuzz TARGET [libFuzzer's options and corpus directories]`; without a target it lists them.
@main
enum AkvFuzz {
    /// libFuzzer hands inputs to a plain C function, which can carry nothing along.
    private nonisolated(unsafe) static var target: FuzzTarget?

    static func main() {
        guard let name = CommandLine.arguments.dropFirst().first else {
            for target in FuzzTarget.all { print(target.name, target.maximumBytes) }
            return
        }
        target = FuzzTarget.all.first { $0.name == name }
        guard let target else {
            print("no such target: \(name)")
            exit(64)
        }
        // The length comes first, so that one on the command line overrides it.
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
