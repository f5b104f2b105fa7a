import Foundation

/// A command that did not succeed, with what it wrote to standard error.
package struct CommandFailure: Error, CustomStringConvertible {
    package var command: [String]
    package var status: Int32
    package var message: String

    package var description: String {
        "\(command.joined(separator: " ")) ended with \(status): \(message)"
    }
}

/// Runs a command found in `PATH`, waits for it and returns its standard output.
@discardableResult
package func run(_ command: [String], in directory: TemporaryDirectory) throws -> [UInt8] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = command
    process.currentDirectoryURL = URL(fileURLWithPath: directory.path)
    let (output, errors) = (Pipe(), Pipe())
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = errors
    try process.run()
    let written = try output.fileHandleForReading.readToEnd() ?? Data()
    let complaint = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
        throw CommandFailure(
            command: command, status: process.terminationStatus, message: String(decoding: complaint, as: UTF8.self))
    }
    return Array(written)
}
