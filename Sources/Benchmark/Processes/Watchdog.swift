internal import Glibc
internal import Synchronization

/// Ends the benchmark's children and removes its directory, whatever becomes of the benchmark itself.
///
/// It is a shell that reads the children's process ids from a pipe. The pipe ends with this process,
/// be it by a normal end, a crash or a signal that cannot be caught.
package final class Watchdog: Sendable {
    /// A directory for sockets, logs and seeds. Its path is short: a unix socket's holds 107 bytes.
    package let directory: String
    private let shell: pid_t
    private let pipe: Mutex<Int32?>

    private static let script = """
        children=' '
        while read -r verb pid; do
          case $verb in
            watch) children="$children$pid " ;;
            forget) children="${children%% $pid *} ${children#* $pid }" ;;
          esac
        done
        for pid in $children; do kill -KILL "$pid"; done
        rm -rf -- "$0"
        """

    package init() throws {
        var template = Array("/tmp/akv-bench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchmarkFailure("no directory can be made in /tmp") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw BenchmarkFailure("no pipe can be made") }
        defer { Glibc.close(ends[0]) }
        // Closed at exec: a child that held the pipe open would keep the shell waiting.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        shell = try spawn(
            "/bin/sh", ["-c", Self.script, directory], environment: ["PATH": "/usr/bin:/bin"], input: ends[0],
            log: "/dev/null")
        pipe = Mutex(ends[1])
    }

    deinit { close() }

    func watch(_ pid: pid_t) { write("watch \(pid)\n") }
    func forget(_ pid: pid_t) { write("forget \(pid)\n") }

    /// Ends all children that are left, and waits until the directory is gone.
    package func close() {
        let end = pipe.withLock { pipe in
            defer { pipe = nil }
            return pipe
        }
        guard let end else { return }
        Glibc.close(end)
        var status: Int32 = 0
        waitpid(shell, &status, 0)
    }

    private func write(_ line: String) {
        pipe.withLock { pipe in
            guard let pipe else { return }
            _ = Array(line.utf8).withUnsafeBytes { Glibc.write(pipe, $0.baseAddress, $0.count) }
        }
    }
}
