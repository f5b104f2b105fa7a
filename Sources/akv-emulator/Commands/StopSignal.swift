import Foundation
import UnixSignals

/// The signals that end the emulator. In a container the program is process 1, for which the kernel ignores signals
/// that it does not handle.
enum StopSignal {
    /// Runs `operation` until it ends. SIGTERM and SIGINT end the process with exit code 0: each change of the state is
    /// on disk before its response, so nothing is left to do.
    static func ends(_ operation: @escaping @Sendable () async throws -> Void) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) { exit(EXIT_SUCCESS) }
            }
            group.addTask { try await operation() }
            defer { group.cancelAll() }
            try await group.next()
        }
    }
}
