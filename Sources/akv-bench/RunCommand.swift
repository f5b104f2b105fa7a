import ArgumentParser
import Benchmark
import Foundation

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Run the scenarios and show a table.",
        discussion: """
            Starts the programs as child processes and ends them again. Exit code 1 if a count of calls is not
            what it must be, or if --compare finds a regression.
            """)

    @Option(help: "The directory with akv-csi and akv-emulator; the benchmark's own by default.")
    var programs: String?

    @Option(help: "The provider to measure instead.")
    var provider: String?

    @Option(help: "The emulator to measure against instead.")
    var emulator: String?

    @Option(
        name: .customLong("provider-flag"), parsing: .unconditionalSingleValue,
        help: "A flag for akv-csi serve, such as --provider-flag=--refresh-interval=0. May be given again.")
    var providerFlags: [String] = []

    @Option(
        name: .customLong("emulator-flag"), parsing: .unconditionalSingleValue,
        help: "A flag for akv-emulator serve, such as --emulator-flag=--http2. May be given again.")
    var emulatorFlags: [String] = []

    @Option(name: .customLong("scenario"), help: "Run only this one. May be given again.")
    var scenarios: [String] = []

    @Flag(help: "List the scenarios and end.")
    var list = false

    @Flag(help: "Measure just enough to see that the benchmark works; the times mean nothing.")
    var quick = false

    @Option(help: "Mounts of the soak, and as many failing ones.")
    var soak: Int?

    @Option(help: "Write the results to this file.")
    var json: String?

    @Option(help: "Write the table to this file, in Markdown.")
    var markdown: String?

    @Option(help: "Draw plots into this directory.")
    var plot: String?

    @Option(help: "Compare with the results in this file.")
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
        // Read first: who mistypes it should not learn that after ten minutes.
        let earlier = try compare.map { try ResultFile(readingFrom: $0) }
        let run = try Run(
            programs: try Programs(
                provider: provider ?? program("akv-csi"), emulator: emulator ?? program("akv-emulator"),
                providerFlags: providerFlags, emulatorFlags: emulatorFlags),
            extent: Extent(isQuick: quick, soak: soak), scenarios: scenarios)
        let (results, failures) = try await run.results { name in
            FileHandle.standardError.write(Data("akv-bench: \(name)\n".utf8))
        }
        print(ResultTable.table(of: results).text)
        try json.map { try results.write(to: $0) }
        try markdown.map { try Data(ResultTable.markdown(of: results).utf8).write(to: URL(fileURLWithPath: $0)) }
        for path in try plot.map({ try Plots.write(results, to: $0) }) ?? [] { print("drew \(path)") }
        let comparison = earlier.map { Comparison(results, to: $0) }
        if let comparison { show(comparison) }
        for failure in failures { print("WRONG COUNT: \(failure)") }
        guard failures.isEmpty, comparison?.regressions.isEmpty ?? true else { throw ExitCode(1) }
    }

    private func program(_ name: String) -> String {
        if let programs { return "\(programs)/\(name)" }
        let own = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        return own.deletingLastPathComponent().appendingPathComponent(name).path
    }

    private func show(_ comparison: Comparison) {
        print(comparison.table.text)
        for name in comparison.unmatched { print("only in one of the two: \(name)") }
        print("regressions over \(Int(Comparison.tolerance * 100)) %: \(comparison.regressions.count)")
    }
}
