import Foundation

/// Writes to standard output without buffering. `print` buffers text if the output is not a terminal.
enum StandardOutput {
    static func write(_ text: String) { FileHandle.standardOutput.write(Data(text.utf8)) }
}

/// Writes to standard error.
enum StandardError {
    static func write(_ text: String) { FileHandle.standardError.write(Data(text.utf8)) }
}
