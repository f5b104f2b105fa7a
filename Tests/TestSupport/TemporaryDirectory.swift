import Foundation

/// A separate directory for one test. It is removed with its content when the last reference is released.
///
/// It is directly under `/tmp`, whatever `TMPDIR` says, because the path of a unix socket has at most 107 bytes.
package final class TemporaryDirectory: Sendable {
    package let path: String

    package init() throws {
        var template = Array("/tmp/akv-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemCallError(operation: "mkdtemp", number: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch {
            print("\(path) is left behind: \(error)")
        }
    }

    /// The path of `name` in the directory.
    package func file(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes `contents` to the file `name` and returns its path.
    @discardableResult
    package func write(_ contents: some Sequence<UInt8>, to name: String) throws -> String {
        try Data(contents).write(to: URL(fileURLWithPath: file(name)))
        return file(name)
    }

    package func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(fileURLWithPath: file(name))))
    }
}

/// A system call that failed.
package struct SystemCallError: Error, CustomStringConvertible {
    package var operation: String
    package var number: Int32

    package init(operation: String, number: Int32) {
        self.operation = operation
        self.number = number
    }

    package var description: String { "\(operation): \(String(cString: strerror(number)))" }
}

extension TemporaryDirectory {
    /// Runs `body` with a directory that exists until its end.
    package static func with<Result: Sendable>(
        _ body: (TemporaryDirectory) async throws -> Result
    ) async throws -> Result {
        let directory = try TemporaryDirectory()
        let result = try await body(directory)
        return withExtendedLifetime(directory) { result }
    }
}
