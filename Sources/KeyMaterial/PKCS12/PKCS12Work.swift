internal import Budgets

/// Limits the computing work for one file, within the budget of the whole mount.
///
/// A few bytes of a file can request any number of key derivations of any length, and a user who can write a secret
/// could keep a node busy with them. Each file therefore has one budget for all its derivations. It is as large as a
/// mount's, so that a mount can spend all of it on one file.
package struct PKCS12Work {
    /// The maximum number of rounds of key derivation; a node does some millions per second. Files of OpenSSL and Key
    /// Vault need about 10,000 rounds, and files of certtool and NSS 600,000 for each bag and for the MAC.
    static let maximumRounds = 6_000_000
    /// The maximum number of rounds of one derivation: PBKDF2 cannot be interrupted, so even a mount that has ended
    /// waits for it.
    static let maximumRoundsAtOnce = 2_500_000

    /// The time of one block of 8 bytes with Triple DES or RC2, which are not accelerated by hardware, in rounds of key
    /// derivation.
    private static let roundsPerLegacyBlock = 8

    package static let exceeded = DERError(
        "pkcs12: the file takes more rounds of key derivation to open than a mount may spend, \(maximumRoundsAtOnce) at "
            + "once and \(maximumRounds) in all; write it with fewer iterations")

    private var spent = 0
    /// The derived keys. Bags with the same salt share a key.
    private var keys: [Derivation: [UInt8]] = [:]

    package init() {}

    /// All inputs of a key derivation.
    struct Derivation: Hashable {
        var function: String
        var password: [UInt8]
        var salt: [UInt8]
        var iterations: Int
        var count: Int
    }

    /// Returns the key of `derivation`. If the file has not requested the same key before, `make` derives it. `blocks`
    /// is the number of parts of the key.
    mutating func key(
        _ derivation: Derivation, blocks: Int, _ make: () -> [UInt8]?
    ) throws(DERError) -> [UInt8]? {
        if let known = keys[derivation] { return known }
        try spend(iterations: derivation.iterations, blocks: blocks)
        let key = make()
        keys[derivation] = key
        return key
    }

    /// Spends a derivation that repeats a digest `iterations` times for each of `blocks` parts of its key.
    mutating func spend(iterations: Int, blocks: Int) throws(DERError) {
        let (rounds, isTooMany) = iterations.multipliedReportingOverflow(by: blocks)
        guard !isTooMany, rounds <= Self.maximumRoundsAtOnce, rounds <= Self.maximumRounds - spent else {
            throw Self.exceeded
        }
        spent += rounds
        guard MountBudget.spend(derivationRounds: rounds) else { throw Self.exceeded }
    }

    /// Spends the decryption of `count` bytes with a legacy cipher.
    mutating func spend(legacyBytes count: Int) throws(DERError) {
        try spend(iterations: count / 8, blocks: Self.roundsPerLegacyBlock)
    }
}

extension MountBudget {
    /// A round of PBKDF2 with SHA-256, or of PKCS#12's own derivation, takes about half a microsecond.
    private static let stepsPerRound = 10

    /// Spends `count` rounds of key derivation of the current budget. Returns false if the work must stop.
    static func spend(derivationRounds count: Int) -> Bool {
        let (steps, isTooMany) = count.multipliedReportingOverflow(by: stepsPerRound)
        return spend(steps: isTooMany ? .max : steps, on: .derivingKeys)
    }
}
