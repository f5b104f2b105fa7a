import Foundation
import TestSupport
import Testing

@Suite("A command that a test runs", .timeLimit(.minutes(20)))
struct CommandTests {
    @Test("a command starts while more than 1,100 files are open, and inherits none of them")
    func manyOpenFiles() throws {
        let files = try OpenFiles(count: 1200)
        let directory = try TemporaryDirectory()
        for _ in 0..<50 {
            let listed = String(decoding: try run(["ls", "/proc/self/fd"], in: directory), as: UTF8.self)
            #expect(listed.split(separator: "\n").map(String.init) == ["0", "1", "2", "3"])
        }
        withExtendedLifetime(files) {}
    }

    @Test("a command may write more than the size of a pipe to both outputs")
    func largeOutputs() throws {
        let directory = try TemporaryDirectory()
        let script = "head -c 1000000 /dev/zero | tee /dev/stderr"
        #expect(try run(["sh", "-c", script], in: directory).count == 1_000_000)
        #expect {
            try run(["sh", "-c", script + "; exit 3"], in: directory)
        } throws: { error in
            (error as? CommandError)?.status == 3 && (error as? CommandError)?.message.utf8.count == 1_000_000
        }
    }

    @Test("a command runs in the given directory with empty input, and its end by a signal is an error")
    func surroundings() throws {
        let directory = try TemporaryDirectory()
        #expect(try run(["sh", "-c", "cat; pwd"], in: directory) == Array("\(directory.path)\n".utf8))
        #expect {
            try run(["sh", "-c", "kill -KILL $$"], in: directory)
        } throws: { ($0 as? CommandError)?.status == -9 }
        #expect {
            try run(["absent-program"], in: directory)
        } throws: { "\($0)".contains("absent-program") }
    }
}

/// Open files. The limit on open files is raised for them, and stays raised.
private final class OpenFiles {
    private var descriptors: [Int32] = []

    init(count: Int) throws {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw SystemCallError(operation: "getrlimit", number: errno)
        }
        limit.rlim_cur = min(limit.rlim_max, max(limit.rlim_cur, rlim_t(count + 1000)))
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw SystemCallError(operation: "setrlimit", number: errno)
        }
        for _ in 0..<count {
            let descriptor = open("/dev/null", O_RDONLY)
            guard descriptor >= 0 else { throw SystemCallError(operation: "open", number: errno) }
            descriptors.append(descriptor)
        }
    }

    deinit {
        for descriptor in descriptors { close(descriptor) }
    }
}
