import Foundation

/// A command that failed, with its standard error.
package struct CommandError: Error, CustomStringConvertible {
    package var command: [String]
    /// The exit status; negative for the signal that ended the command.
    package var status: Int32
    package var message: String

    package var description: String {
        "\(command.joined(separator: " ")) ended with \(status): \(message)"
    }
}

/// Runs a command found in `PATH`, waits for its end and returns its standard output.
///
/// The child is started with `posix_spawn`, because Foundation's `Process` can crash when many files are open.
/// It inherits no descriptor of this process, and may write any amount to both outputs, which are files.
@discardableResult
package func run(_ command: [String], in directory: TemporaryDirectory) throws -> [UInt8] {
    let outputs = try TemporaryDirectory()
    let child = try spawn(
        ["/usr/bin/env", "-C", directory.path] + command, output: outputs.file("output"),
        errors: outputs.file("errors"))
    var raw: Int32 = 0
    while waitpid(child, &raw, 0) != child {
        guard errno == EINTR else { throw SystemCallError(operation: "waitpid", number: errno) }
    }
    let status = raw & 0x7f == 0 ? (raw >> 8) & 0xff : -(raw & 0x7f)
    guard status == 0 else {
        throw CommandError(
            command: command, status: status, message: String(decoding: try outputs.read("errors"), as: UTF8.self))
    }
    return try outputs.read("output")
}

private func spawn(_ command: [String], output: String, errors: String) throws -> pid_t {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT, 0o600)
    posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT, 0o600)
    try addCloseFiles(from: 3, to: &actions)

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    // The child must not inherit the signals that this process ignores or blocks.
    var signals = sigset_t()
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))

    let words = command.map { strdup($0) } + [nil]
    let variables = ProcessInfo.processInfo.environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    defer { for text in words + variables { free(text) } }
    var child: pid_t = 0
    let number = posix_spawn(&child, command[0], &actions, &attributes, words, variables)
    guard number == 0 else { throw SystemCallError(operation: "posix_spawn", number: number) }
    return child
}
