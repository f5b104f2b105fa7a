package import Foundation

/// Files that tests read, from `Tests/Fixtures`.
package enum Fixtures {
    package static func url(_ path: String) -> URL {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appendingPathComponent("Fixtures").appendingPathComponent(path)
    }
}
