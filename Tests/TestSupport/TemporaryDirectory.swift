internal import Foundation

/// A directory that lives as long as a test. Its path is short, because a unix socket's may have no
/// more than 107 bytes.
package struct TemporaryDirectory: Sendable {
    private let root: String

    package static func with<Result: Sendable>(
        _ body: (TemporaryDirectory) async throws -> Result
    ) async throws -> Result {
        let root = "/tmp/akv-\(String(UInt64.random(in: 0 ... .max), radix: 36))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
        defer {
            do { try FileManager.default.removeItem(atPath: root) } catch { print("cannot remove \(root): \(error)") }
        }
        return try await body(TemporaryDirectory(root: root))
    }

    package func path(_ name: String) -> String { "\(root)/\(name)" }
}
