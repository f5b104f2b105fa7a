internal import Foundation

/// All that an emulator would have to remember to go on after a restart as if nothing had happened.
struct EmulatorState: Codable, Sendable {
    static let currentFormat = 1

    var format = Self.currentFormat
    var vaults: [Vault]
    var identities: [Seed.Identity]
    var keys: Keys

    /// What it signs with.
    struct Keys: Codable, Sendable {
        /// The cluster's issuer, RSA in PEM.
        var cluster: String
        /// Entra's access tokens.
        var tokens: Data
        var authority: ServerIdentity.AuthorityKey

        static func new(now: Date) throws -> Keys {
            Keys(
                cluster: try ClusterIssuer.newKey(), tokens: Data((0..<32).map { _ in UInt8.random(in: 0 ... .max) }),
                authority: try ServerIdentity.newAuthority(now: now))
        }
    }

    /// What a seed describes, with new keys.
    init(seed: Seed, clock: EmulatorClock) throws {
        vaults = try VaultSeeding.vaults(of: seed, clock)
        identities = seed.identities ?? []
        // Certificates are judged by the machine's clock.
        keys = try Keys.new(now: Date())
    }
}

/// The file in which the state survives.
struct StateFile: Sendable {
    let url: URL

    /// nil when there is no file yet.
    func read() throws -> EmulatorState? {
        guard FileManager.default.fileExists(atPath: url.path) else { return nil }
        do {
            let state = try JSONDecoder().decode(EmulatorState.self, from: try Data(contentsOf: url))
            guard state.format == EmulatorState.currentFormat else {
                throw Seed.Invalid(description: "it is of format \(state.format)")
            }
            return state
        } catch {
            let reason = (error as? Seed.Invalid)?.description ?? "it does not hold an emulator's state"
            throw Seed.Invalid(
                description: "the state file \(url.path) cannot be used: \(reason); remove it to begin with the seed")
        }
    }

    /// Readable by its owner alone from the first byte on, and never half written.
    func write(_ state: EmulatorState) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        let data = try encoder.encode(state)
        let temporary = url.appendingPathExtension("new")
        try? FileManager.default.removeItem(at: temporary)
        guard
            FileManager.default.createFile(
                atPath: temporary.path, contents: nil, attributes: [.posixPermissions: 0o600])
        else { throw Seed.Invalid(description: "the state file \(temporary.path) cannot be written") }
        let handle = try FileHandle(forWritingTo: temporary)
        try handle.write(contentsOf: data)
        try handle.synchronize()
        try handle.close()
        guard rename(temporary.path, url.path) == 0 else {
            throw Seed.Invalid(description: "the state file \(url.path) cannot be written")
        }
    }
}
