internal import Foundation

/// The results of one run, in the format of `--json`.
package struct ResultFile: Codable, Equatable, Sendable {
    /// The machine that ran the benchmark. Figures of different machines are not comparable.
    package struct Machine: Codable, Equatable, Sendable {
        package var processors: Int
        package var processor: String
        package var kernel: String
    }

    private static let currentFormat = 1

    private var format: Int
    package var machine: Machine
    package var providerFlags: [String]
    /// Nil in older files.
    package var emulatorFlags: [String]?
    package var isQuick: Bool
    package var measurements: [Measurement]

    package init(
        _ measurements: [Measurement], providerFlags: [String] = [], emulatorFlags: [String] = [],
        isQuick: Bool = false
    ) {
        format = Self.currentFormat
        machine = .this
        self.providerFlags = providerFlags
        self.emulatorFlags = emulatorFlags
        self.isQuick = isQuick
        self.measurements = measurements
    }

    /// Reads a file that `write(to:)` wrote.
    package init(readingFrom path: String) throws {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw BenchmarkError("\(path) cannot be read")
        }
        do {
            self = try JSONDecoder().decode(ResultFile.self, from: data)
        } catch {
            throw BenchmarkError("\(path) is not a result file of akv-bench")
        }
        guard format == Self.currentFormat else {
            throw BenchmarkError("\(path) has format \(format), which this version of akv-bench does not support")
        }
    }

    package func write(to path: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

extension ResultFile.Machine {
    static var this: ResultFile.Machine {
        func text(_ path: String) -> String {
            String(decoding: FileManager.default.contents(atPath: path) ?? Data(), as: UTF8.self)
        }
        let processor = text("/proc/cpuinfo").split(separator: "\n").first { $0.hasPrefix("model name") }
            .flatMap { $0.split(separator: ":").last }?.trimmingCharacters(in: .whitespaces)
        return ResultFile.Machine(
            processors: ProcessInfo.processInfo.activeProcessorCount, processor: processor ?? "unknown",
            kernel: text("/proc/sys/kernel/osrelease").trimmingCharacters(in: .whitespacesAndNewlines))
    }
}
