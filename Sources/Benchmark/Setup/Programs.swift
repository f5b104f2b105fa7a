internal import Foundation

/// The programs to measure, with their flags and environment.
package struct Programs: Sendable {
    let provider: String
    let emulator: String
    /// Additional flags for `akv-csi serve`.
    let providerFlags: [String]
    /// Additional flags for `akv-emulator serve`.
    let emulatorFlags: [String]

    package init(
        provider: String, emulator: String, providerFlags: [String] = [], emulatorFlags: [String] = []
    ) throws {
        for program in [provider, emulator] where !FileManager.default.isExecutableFile(atPath: program) {
            throw BenchmarkError(
                "\(program) is not an executable file. To fix: run make release, or choose another program with an option"
            )
        }
        self.provider = provider
        self.emulator = emulator
        self.providerFlags = providerFlags
        self.emulatorFlags = emulatorFlags
    }

    /// The path of this program.
    static var thisProgram: String { URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath().path }

    /// The environment of this process, without the variables that would direct requests past the emulator.
    static var environment: [String: String] {
        ProcessInfo.processInfo.environment.filter { name, _ in
            let name = name.uppercased()
            return !name.hasSuffix("_PROXY") && !name.hasPrefix("SSL_CERT_") && !name.hasPrefix("AZURE_")
        }
    }
}
