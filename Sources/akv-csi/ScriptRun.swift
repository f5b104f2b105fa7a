internal import ArgumentParser
internal import CProcess
internal import Documents
internal import Glibc

/// Runs a script with bash in this program's terminal.
enum ScriptRun {
    /// Runs `script`. Throws exit code 1 if it fails, because it has printed the reason itself.
    static func run(_ script: String) throws {
        var path = Array("/tmp/akv-csi-setup.XXXXXX".utf8CString)
        let descriptor = mkstemp(&path)
        guard descriptor >= 0 else { throw CommandError("no temporary file can be created in /tmp") }
        close(descriptor)
        let name = String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { unlink(name) }
        do throws(SmallFileError) { try FileOutput.replace(name, with: Array(script.utf8), mode: 0o600) } catch {
            throw CommandError("the script cannot be written to \(name): \(error)")
        }

        let command: [String] = ["bash", name]
        let words = command.map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        var pid: Int32 = 0
        let status = process_start_child("bash", words, environ, &pid)
        guard status == 0 else { throw CommandError("bash cannot be started: \(String(cString: strerror(status)))") }
        guard process_wait_for_child(pid) == 0 else { throw ExitCode.failure }
    }
}
