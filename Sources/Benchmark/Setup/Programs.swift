internal import Foundation

/// The programs under measurement, and how their children are started.
package struct Programs: Sendable {
    let provider: String
    let emulator: String
    /// Passed on to `akv-csi serve`.
    let providerFlags: [String]
    /// Passed on to `akv-emulator serve`.
    let emulatorFlags: [String]

    package init(
        provider: String, emulator: String, providerFlags: [String] = [], emulatorFlags: [String] = []
    ) throws {
        for program in [provider, emulator] where !FileManager.default.isExecutableFile(atPath: program) {
            throw BenchmarkFailure("\(program) is no program; build it, or name another with an option")
        }
        self.provider = provider
        self.emulator = emulator
        self.providerFlags = providerFlags
        self.emulatorFlags = emulatorFlags
    }

    /// This process' environment without what would lead a child past the emulator.
    static var environment: [String: String] {
        ProcessInfo.processInfo.environment.filter { name, _ in
            let name = name.uppercased()
            return !name.hasSuffix("_PROXY") && !name.hasPrefix("SSL_CERT_") && !name.hasPrefix("AZURE_")
        }
    }
}
