internal import Foundation

/// The caches of the provider, which determine the expected request counts.
struct ProviderFeatures: Sendable {
    /// Whether the provider exchanges a pod's token once, rather than for each mount.
    var cachesTokens: Bool
    /// Whether pods of the same identity share values.
    var sharesValues: Bool
    /// Whether a scenario may set the refresh interval. False if the user sets it.
    var takesRefreshInterval: Bool
    /// Whether request counts are checked. False if the user sets provider flags, because they can change the counts.
    var checksCounts: Bool

    init(of programs: Programs, watchdog: Watchdog) async throws {
        let log = "\(watchdog.directory)/help.txt"
        let process = try ChildProcess(
            programs.provider, ["serve", "--help"], environment: Programs.environment, log: log, watchdog: watchdog)
        guard try await process.waitForExit() == 0 else {
            throw BenchmarkError("\(programs.provider) serve --help failed")
        }
        let help = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        cachesTokens = help.contains("-token-cache")
        sharesValues = help.contains("-refresh-interval")
        takesRefreshInterval = sharesValues && !programs.providerFlags.contains { $0.contains("refresh-interval") }
        checksCounts = programs.providerFlags.isEmpty
    }
}
