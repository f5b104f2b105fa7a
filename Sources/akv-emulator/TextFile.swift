import Foundation

/// What a command reads because its user says so.
enum TextFile {
    /// `what` is what the file is called in an error, such as `seed`.
    static func read(_ what: String, _ path: String) throws -> String {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Complaint("the \(what) \(path) cannot be read: \(String(cString: strerror(errno)))")
        }
        guard let text = String(data: data, encoding: .utf8) else {
            throw Complaint("the \(what) \(path) is not UTF-8")
        }
        return text
    }
}

/// Why a command cannot do what it was told: printed on one line, exit code 1.
struct Complaint: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
