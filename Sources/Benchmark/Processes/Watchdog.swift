internal import Glibc
internal import Synchronization

/// Kills the benchmark's children and removes its directory when the benchmark ends, also after a crash or SIGKILL.
///
/// The watchdog is a shell that reads the children's process ids from a pipe. The kernel closes the pipe when the
/// benchmark ends, however it ends.
package final class Watchdog: Sendable {
    /// A directory for sockets, logs and seeds. Its path is short, because the path of a unix socket is limited to 107
    /// bytes.
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
        var template = Array("/tmp/akv-context.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchmarkError("cannot create a directory in /tmp") }
        directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var ends: [Int32] = [0, 0]
        guard Glibc.pipe(&ends) == 0 else { throw BenchmarkError("cannot create a pipe") }
        defer { Glibc.close(ends[0]) }
        // Close on exec: a child with an open end would keep the shell waiting.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        shell = try spawn(
            "/bin/sh", ["-c", Self.script, directory], environment: ["PATH": "/usr/bin:/bin"], input: ends[0],
            log: "/dev/null")
        pipe = Mutex(ends[1])
    }

    deinit { close() }

    func watch(_ pid: pid_t) { write("watch \(pid)\n") }
    func forget(_ pid: pid_t) { write("forget \(pid)\n") }

    /// Kills all remaining children, and returns after the directory has been removed.
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
