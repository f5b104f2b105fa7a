internal import Foundation

/// The file that keeps the emulator's state across restarts.
struct StateFile: Sendable {
    let url: URL

    /// Reads the state; nil if the file does not exist.
    func read() throws -> EmulatorState? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        do {
            let state = try JSONDecoder().decode(EmulatorState.self, from: try Data(contentsOf: url))
            guard state.format == EmulatorState.currentFormat else {
                throw EmulatorError("it has the unknown format \(state.format)")
            }
            return state
        } catch {
            let reason = (error as? EmulatorError)?.description ?? "it does not contain an emulator's state"
            throw EmulatorError(
                "the state file \(url.path) cannot be used: \(reason). To fix: remove it to start from the seed")
        }
    }

    /// Replaces the file in one step. Only its owner can read it, from the first byte on.
    func write(_ state: EmulatorState) throws {
        let data = try JSON.data(encoding: state)
        let temporary = url.appendingPathExtension("new")
        try? FileManager.default.removeItem(at: temporary)
        guard
            FileManager.default.createFile(
                atPath: temporary.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw EmulatorError("the state file \(temporary.path) cannot be written") }
        let handle = try FileHandle(forWritingTo: temporary)
        try handle.write(contentsOf: data)
        try handle.synchronize()
        try handle.close()
        guard rename(temporary.path, url.path) == 0 else {
            throw EmulatorError("the state file \(url.path) cannot be written")
        }
    }
}
