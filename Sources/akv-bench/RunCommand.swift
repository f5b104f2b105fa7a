import ArgumentParser
import Benchmark
import CommandSupport
import Foundation

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the scenarios and show a table.",
        discussion: """
            Starts the programs as child processes and ends them afterwards. The exit code is 1 if a request count \
            is wrong, or if --compare finds a regression.
            """)

    @Option(help: "The directory of akv-csi and akv-emulator. Default: the directory of akv-bench.")
    var programs: String?

    @Option(help: "The provider to measure. Default: akv-csi in the directory of --programs.")
    var provider: String?

    @Option(help: "The emulator to use. Default: akv-emulator in the directory of --programs.")
    var emulator: String?

    @Option(
        name: .customLong("provider-flag"), parsing: .unconditionalSingleValue,
        help: "A flag for akv-csi serve, such as --provider-flag=--refresh-interval=0. May be repeated.")
    var providerFlags: [String] = []

    @Option(
        name: .customLong("emulator-flag"), parsing: .unconditionalSingleValue,
        help: "A flag for akv-emulator serve, such as --emulator-flag=--http2. May be repeated.")
    var emulatorFlags: [String] = []

    @Option(name: .customLong("scenario"), help: "Run only this scenario. May be repeated.")
    var scenarios: [String] = []

    @Flag(help: "List the scenarios and exit.")
    var list = false

    @Flag(help: "Take only enough samples to check that the benchmark works. The times are not meaningful.")
    var quick = false

    @Option(help: "The number of mounts in the soak scenario, and of failing mounts after them.")
    var soak: Int?

    @Option(help: "Write the results to this file, as JSON.")
    var json: String?

    @Option(help: "Write the table to this file, as Markdown.")
    var markdown: String?

    @Option(help: "Compare with the results in this file, which --json wrote.")
    var compare: String?

    func validate() throws {
        if let soak, soak < 1 { throw ValidationError("--soak must be at least 1") }
    }

    func run() async throws {
        if list {
            for (name, summary) in Scenarios.list {
                print(name.padding(toLength: 16, withPad: " ", startingAt: 0) + summary)
            }
            return
        }
        // Read the file first, so that a wrong path is reported before the run and not after it.
        let earlier: ResultFile?
        let run: BenchmarkRun
        do {
            earlier = try compare.map { try ResultFile(readingFrom: $0) }
            run = try BenchmarkRun(
                programs: try Programs(
                    provider: provider ?? program("akv-csi"), emulator: emulator ?? program("akv-emulator"),
                    providerFlags: providerFlags, emulatorFlags: emulatorFlags),
                size: BenchmarkSize(isQuick: quick, soak: soak), scenarios: scenarios)
        } catch let error as BenchmarkError {
            // The command names a file or a scenario that does not exist.
            throw CommandMistake(error.description)
        }
        let (results, failures) = try await run.results { name in
            FileHandle.standardError.write(Data("akv-bench: \(name)\n".utf8))
        }
        print(ResultTable.table(of: results).text)
        try json.map { try results.write(to: $0) }
        try markdown.map { try Data(ResultTable.markdown(of: results).utf8).write(to: URL(fileURLWithPath: $0)) }
        let comparison = earlier.map { Comparison(results, to: $0) }
        if let comparison { show(comparison) }
        for failure in failures { print("WRONG REQUEST COUNT: \(failure)") }
        guard failures.isEmpty, comparison?.regressions.isEmpty ?? true else { throw ExitCode(1) }
    }

    private func program(_ name: String) -> String {
        if let programs { return "\(programs)/\(name)" }
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return own.deletingLastPathComponent().appendingPathComponent(name).path
    }

    private func show(_ comparison: Comparison) {
        print(comparison.table.text)
        for name in comparison.unmatched { print("only in one of the results: \(name)") }
        print("regressions of more than \(Int(Comparison.tolerance * 100)) %: \(comparison.regressions.count)")
    }
}
