import Foundation

/// A text file that the user names on the command line.
enum TextFile {
    /// Reads a file. `kind`, such as `seed`, is the purpose of the file in an error.
    static func read(_ kind: String, _ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandError(
                "the \(kind) \(path) cannot be read: \(String(cString: strerror(errno)))", isMistake: true)
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw CommandError("the \(kind) \(path) is not UTF-8", isMistake: true)
        }
        return text
    }
}
