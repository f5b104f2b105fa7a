internal import Foundation

/// What the provider keeps from one mount to the next, which decides how many calls are expected.
struct ProviderFeatures: Sendable {
    /// Whether a pod's token is exchanged once rather than for each mount.
    var cachesTokens: Bool
    /// Whether pods of one identity share values.
    var sharesValues: Bool
    /// Whether a scenario may choose the refresh interval: not if the user has.
    var takesRefreshInterval: Bool
    /// Whether expectations are known: not if the user set flags that may change them.
    var isKnown: Bool

    init(of programs: Programs, watchdog: Watchdog) async throws {
        let log = "\(watchdog.directory)/help.txt"
        let process = try ChildProcess(
            programs.provider, ["serve", "--help"], environment: Programs.environment, log: log, watchdog: watchdog)
        guard try await process.ended() == 0 else {
            throw BenchmarkFailure("\(programs.provider) serve --help failed")
        }
        let help = String(decoding: FileManager.default.contents(atPath: log) ?? Data(), as: UTF8.self)
        cachesTokens = help.contains("-token-cache")
        sharesValues = help.contains("-refresh-interval")
        takesRefreshInterval = sharesValues && !programs.providerFlags.contains { $0.contains("refresh-interval") }
        isKnown = programs.providerFlags.isEmpty
    }
}
