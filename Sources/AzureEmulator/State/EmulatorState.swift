internal import Foundation

/// Everything that the emulator needs to continue after a restart with the same objects, tokens and
/// certificates.
struct EmulatorState: Codable, Sendable {
    static let currentFormat = 1

    var format = Self.currentFormat
    var vaults: [Vault]
    var identities: [EntraIdentity]
    var keys: Keys

    /// The keys with which the emulator signs.
    struct Keys: Codable, Sendable {
        /// The key of the cluster's issuer: RSA in PEM.
        var cluster: String
        /// The key for Entra's access tokens.
        var tokens: Data
        /// The certificate authority of the TLS servers.
        var authority: CertificateAuthority.Stored

        /// New keys. `now` is the machine's time, because clients check certificates against their own clock.
        static func generate(now: Date) throws -> Keys {
            Keys(
                cluster: try ClusterIssuer.newKey(), tokens: Data((0..<32).map { _ in UInt8.random(in: 0 ... .max) }),
                authority: try CertificateAuthority(now: now).stored())
        }
    }
}

extension EmulatorState {
    /// The state that a seed describes, with new keys.
    init(seed: Seed, clock: EmulatorClock) throws {
        self.init(
            vaults: try (seed.vaults ?? []).map { try $0.vault(clock: clock) }, identities: seed.identities ?? [],
            keys: try Keys.generate(now: Date()))
    }
}
