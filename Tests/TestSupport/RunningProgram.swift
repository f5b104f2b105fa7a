package import Foundation
internal import Synchronization

/// The programs under test. `AKV_PROGRAMS` names their folder, as for the Python tests.
package enum Programs {
    /// Nil without the variable. There is no default, so that a test run states which programs it tests.
    package static let folder: URL? = ProcessInfo.processInfo.environment["AKV_PROGRAMS"].map {
        URL(fileURLWithPath: $0, relativeTo: Fixtures.root)
    }

    package static func path(_ name: String) throws -> String {
        guard let folder else { throw ProgramError(description: "AKV_PROGRAMS does not name the programs' folder") }
        return folder.appendingPathComponent(name).path
    }
}

package struct ProgramError: Error, CustomStringConvertible {
    package var description: String
}

/// A program that a test started, with the lines that it writes to standard error.
package final class RunningProgram: Sendable {
    private struct State {
        var lines: [String] = []
        var isAtEnd = false
        /// Called for each new line, and at the end of the output.
        var waiters: [@Sendable (_ lines: [String], _ isAtEnd: Bool) -> Bool] = []
    }

    private let path: String
    private let pid: pid_t
    private let state = Mutex(State())

    /// Starts the program with only `environment`, and without this process's open files.
    package init(_ path: String, _ arguments: [String], environment: [String: String]) throws {
        self.path = path
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw SystemCallError(operation: "pipe", number: errno) }
        defer { close(ends[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, ends[1], 2)
        try addCloseFiles(from: 3, to: &actions)
        let words = ([path] + arguments).map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        var child: pid_t = 0
        let failure = posix_spawn(&child, path, &actions, nil, words, variables)
        pid = child
        guard failure == 0 else {
            close(ends[0])
            throw SystemCallError(operation: "start \(path)", number: failure)
        }
        let output = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        Thread.detachNewThread { [self] in read(output) }
    }

    private func read(_ output: FileHandle) {
        var rest = Data()
        while case let data = output.availableData, !data.isEmpty {
            rest += data
            while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                let line = String(decoding: rest[..<end], as: UTF8.self)
                rest = Data(rest[rest.index(after: end)...])
                update { $0.lines.append(line) }
            }
        }
        update { $0.isAtEnd = true }
    }

    private func update(_ change: (inout sending State) -> Void) {
        state.withLock { state in
            change(&state)
            let (lines, isAtEnd) = (state.lines, state.isAtEnd)
            state.waiters.removeAll { $0(lines, isAtEnd) }
        }
    }

    /// The lines written so far.
    package var lines: [String] { state.withLock { $0.lines } }

    /// Waits until a line contains `text`. Throws if the program ends before.
    package func wrote(_ text: String) async throws {
        let hasWritten = await waits { lines, isAtEnd in
            lines.contains { $0.contains(text) } ? true : isAtEnd ? false : nil
        }
        guard hasWritten else {
            throw ProgramError(description: "\(path) ended without \(text):\n\(lines.joined(separator: "\n"))")
        }
    }

    /// Waits for the end of the program and returns the exit status, negative for a signal's number.
    package func ended() async -> Int32 {
        _ = await waits { _, isAtEnd in isAtEnd ? true : nil }
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        return status & 0x7F == 0 ? status >> 8 & 0xFF : -(status & 0x7F)
    }

    /// Sends SIGTERM, and waits for the end.
    @discardableResult
    package func stop() async -> Int32 {
        kill(pid, SIGTERM)
        return await ended()
    }

    /// The first result of `condition` that is not nil.
    private func waits(
        _ condition: @escaping @Sendable (_ lines: [String], _ isAtEnd: Bool) -> Bool?
    ) async -> Bool {
        await withCheckedContinuation { continuation in
            update { state in
                state.waiters.append { lines, isAtEnd in
                    guard let answer = condition(lines, isAtEnd) else { return false }
                    continuation.resume(returning: answer)
                    return true
                }
            }
        }
    }
}
