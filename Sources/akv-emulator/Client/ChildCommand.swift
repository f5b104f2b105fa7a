import ArgumentParser
import CProcess
import Foundation

/// A command that this program runs in the foreground. It gets the signals that are sent to this program.
struct ChildCommand {
    private let pid: Int32

    /// Starts the command. `words` are its name and its arguments. Throws the `ExitCode` that shells use if it does
    /// not exist or cannot be executed, after a message on standard error.
    init(_ words: [String], environment: [String: String]) throws {
        let arguments = words.map { strdup($0) } + [nil]
        let variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + variables { free(text) } }
        var pid: Int32 = 0
        let status = process_start_child(words[0], arguments, variables, &pid)
        guard status == 0 else {
            StandardError.write("Error: \(words[0]) cannot be run: \(String(cString: strerror(status)))\n")
            throw ExitCode(status == ENOENT ? 127 : 126)
        }
        self.pid = pid
    }

    /// Waits until the command ends. Returns its exit code, or 128 + N after signal N.
    func exitCode() async -> Int32 {
        await withCheckedContinuation { continuation in
            // The wait has its own thread, because it can take any time and the emulator serves meanwhile.
            Thread.detachNewThread { [pid] in continuation.resume(returning: process_wait_for_child(pid)) }
        }
    }
}
