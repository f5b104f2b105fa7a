internal import Glibc
package import SecretMemory

/// A program to run, with its standard input.
package struct ChildProcess: Sendable {
    package var program: String
    package var arguments: [String]
    package var input: SecretBytes?

    package init(_ program: String, _ arguments: [String], input: SecretBytes? = nil) {
        self.program = program
        self.arguments = arguments
        self.input = input
    }

    /// The outcome of a program.
    package struct Result: Sendable {
        /// The exit code; negative for a signal.
        package var status: Int32 = 0
        package var output = SecretBytes([])
        package var errors = ""
        /// Whether the program was killed because it took too long.
        package var isLate = false
        /// Whether the program was killed because it wrote too much.
        package var isTooLong = false
    }
}

/// Runs programs concurrently from the calling thread, and limits their time and output.
///
/// They stay in this process's group, so that Ctrl-C ends them too.
package struct ChildProcesses: Sendable {
    /// The maximum number of concurrent programs.
    package var width = 16
    /// The maximum size of one program's standard output, in bytes.
    package var outputLimit = 256 << 20
    package var timeout = Duration.seconds(60)
    /// The function that receives lines of standard error when they arrive.
    package var onErrorLine: (@Sendable (String) -> Void)?

    private static let errorLimit = 1 << 20

    package init() {}

    /// Returns the results in the order of `children`. Throws if one of them cannot be started.
    package func run(_ children: [ChildProcess]) throws(ChildProcessError) -> [ChildProcess.Result] {
        signal(SIGPIPE, SIG_IGN)
        var results = [ChildProcess.Result?](repeating: nil, count: children.count)
        var running: [RunningChild] = []
        var next = 0
        defer { for child in running { child.kill() } }
        while next < children.count || !running.isEmpty {
            while next < children.count, running.count < width {
                running.append(try RunningChild(children[next], number: next, until: ContinuousClock.now + timeout))
                next += 1
            }
            wait(for: running)
            for child in running {
                child.transfer(outputLimit: outputLimit, errorLimit: Self.errorLimit, onErrorLine)
                if let result = child.finish() { results[child.number] = result }
            }
            running.removeAll { results[$0.number] != nil }
        }
        return results.map { $0 ?? ChildProcess.Result() }
    }

    /// Waits until one of the programs has output or accepts input, or until its time is over.
    private func wait(for running: [RunningChild]) {
        var files = running.flatMap(\.files)
        let end = running.map(\.deadline).min() ?? .now
        let left = max(.zero, end - .now).components
        let milliseconds = left.seconds * 1000 + left.attoseconds / 1_000_000_000_000_000 + 1
        _ = poll(&files, nfds_t(files.count), Int32(clamping: milliseconds))
    }
}

/// The reason why a program cannot be run.
package struct ChildProcessError: Error, Sendable {
    package var program: String
    package var reason: String
    package var isMissing: Bool
}

/// One running program and its pipes.
private final class RunningChild {
    let number: Int
    let deadline: ContinuousClock.Instant
    private let pid: pid_t
    private var output: Int32
    private var errors: Int32
    private var input: Int32
    private var rest: SecretBytes?
    private var restOffset = 0
    private var outputBytes: [UInt8] = []
    private var errorBytes: [UInt8] = []
    private var reportedErrors = 0
    private var result = ChildProcess.Result()

    init(_ child: ChildProcess, number: Int, until deadline: ContinuousClock.Instant) throws(ChildProcessError) {
        self.number = number
        self.deadline = deadline
        let pipes = [Self.pipe(), Self.pipe(), Self.pipe()]
        defer { for end in [pipes[0].read, pipes[1].write, pipes[2].write] { close(end) } }
        (input, output, errors) = (pipes[0].write, pipes[1].read, pipes[2].read)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, pipes[0].read, STDIN_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipes[1].write, STDOUT_FILENO)
        posix_spawn_file_actions_adddup2(&actions, pipes[2].write, STDERR_FILENO)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // The program does not inherit the signals that this process ignores or blocks.
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        let words = ([child.program] + child.arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: pid_t = 0
        let status = posix_spawnp(&pid, child.program, &actions, &attributes, words, environ)
        guard status == 0 else {
            for end in [input, output, errors] { close(end) }
            throw ChildProcessError(
                program: child.program, reason: String(cString: strerror(status)), isMissing: status == ENOENT)
        }
        self.pid = pid
        rest = child.input
        for end in [input, output, errors] { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        if rest == nil { closeInput() }
    }

    private static func pipe() -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        Glibc.pipe(&ends)
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    var files: [pollfd] {
        [(output, POLLIN), (errors, POLLIN), (input, POLLOUT)].filter { $0.0 >= 0 }.map {
            pollfd(fd: $0.0, events: Int16($0.1), revents: 0)
        }
    }

    func transfer(outputLimit: Int, errorLimit: Int, _ onErrorLine: ((String) -> Void)?) {
        send()
        Self.receive(&output, into: &outputBytes)
        Self.receive(&errors, into: &errorBytes)
        if let onErrorLine { report(onErrorLine) }
        if outputBytes.count > outputLimit || errorBytes.count > errorLimit {
            result.isTooLong = true
            kill()
        } else if deadline <= .now {
            result.isLate = true
            kill()
        }
    }

    private func send() {
        while input >= 0, let rest {
            let left = rest.count - restOffset
            let count = rest.withExposed { write(input, $0.baseAddress.map { $0 + restOffset }, left) }
            if count < 0, errno == EINTR { continue }
            if count < 0, errno == EAGAIN { return }
            if count > 0 { restOffset += count }
            // A program that ends without reading all its input reports the reason itself.
            if count <= 0 || restOffset == rest.count { closeInput() }
        }
    }

    private func closeInput() {
        if input >= 0 { close(input) }
        input = -1
        rest = nil
    }

    private static func receive(_ descriptor: inout Int32, into bytes: inout [UInt8]) {
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while descriptor >= 0 {
            let count = read(descriptor, &chunk, chunk.count)
            if count > 0 {
                bytes += chunk[..<count]
            } else if count == 0 || (errno != EAGAIN && errno != EINTR) {
                close(descriptor)
                descriptor = -1
            } else if errno == EAGAIN {
                return
            }
        }
    }

    private func report(_ onErrorLine: (String) -> Void) {
        while let end = errorBytes[reportedErrors...].firstIndex(of: UInt8(ascii: "\n")) {
            onErrorLine(String(decoding: errorBytes[reportedErrors..<end], as: UTF8.self))
            reportedErrors = end + 1
        }
    }

    /// Returns the result when the program has closed its outputs.
    func finish() -> ChildProcess.Result? {
        guard output < 0, errors < 0 else { return nil }
        closeInput()
        var status: Int32 = 0
        while waitpid(pid, &status, 0) < 0, errno == EINTR {}
        let signal = status & 0x7f
        result.status = signal == 0 ? (status >> 8) & 0xff : -signal
        result.output = SecretBytes(outputBytes)
        result.errors = String(decoding: errorBytes, as: UTF8.self)
        return result
    }

    func kill() {
        _ = Glibc.kill(pid, SIGKILL)
        for descriptor in [output, errors] where descriptor >= 0 { close(descriptor) }
        (output, errors) = (-1, -1)
    }
}
