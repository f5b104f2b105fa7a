internal import Budgets

/// How much computing one file may ask for, within what the mount as a whole may cost.
///
/// A few bytes can order any number of key derivations, each as long as its writer likes, and the user who may
/// write a secret could keep a node busy with them. So a file has one allowance for all that it orders. It is as large
/// as that of a mount, so that a mount may spend all of it on one file.
package struct PKCS12Work {
    /// In rounds of key derivation, of which a node does some millions a second. OpenSSL and Key Vault
    /// write files that take about 10,000, certtool and NSS 600,000 for each bag and for the MAC.
    static let maximumRounds = 6_000_000
    /// Of one derivation: PBKDF2 runs to its end, so a mount that has ended waits for it.
    static let maximumRoundsAtOnce = 2_500_000

    /// Triple DES and RC2, which have no hardware of their own, take as long for a block of 8 bytes as so
    /// many rounds.
    private static let roundsPerLegacyBlock = 8

    package static let exceeded = DERError(
        "pkcs12: the file takes more rounds of key derivation to open than a mount may spend, \(maximumRoundsAtOnce) at "
            + "once and \(maximumRounds) in all; write it with fewer iterations")

    private var spent = 0
    /// Bags that share a salt share the key.
    private var keys: [Derivation: [UInt8]] = [:]

    package init() {}

    /// All that a derived key depends on.
    struct Derivation: Hashable {
        var function: String
        var password: [UInt8]
        var salt: [UInt8]
        var iterations: Int
        var count: Int
    }

    /// The key of `derivation`, which `make` derives unless the file has ordered it before. `blocks` is the number of its
    /// pieces.
    mutating func key(
        _ derivation: Derivation, blocks: Int, _ make: () -> [UInt8]?
    ) throws(DERError) -> [UInt8]? {
        if let known = keys[derivation] { return known }
        try spend(iterations: derivation.iterations, blocks: blocks)
        let key = make()
        keys[derivation] = key
        return key
    }

    /// Takes a derivation that repeats a digest `iterations` times for each of `blocks` pieces of its key.
    mutating func spend(iterations: Int, blocks: Int) throws(DERError) {
        let (rounds, isTooMany) = iterations.multipliedReportingOverflow(by: blocks)
        guard !isTooMany, rounds <= Self.maximumRoundsAtOnce, rounds <= Self.maximumRounds - spent else {
            throw Self.exceeded
        }
        spent += rounds
        guard MountBudget.spend(derivationRounds: rounds) else { throw Self.exceeded }
    }

    /// Takes the decryption of `count` bytes by a legacy cipher.
    mutating func spend(legacyBytes count: Int) throws(DERError) {
        try spend(iterations: count / 8, blocks: Self.roundsPerLegacyBlock)
    }
}

extension MountBudget {
    /// A round of PBKDF2 with SHA-256, or one of PKCS#12's own derivation, takes about half a microsecond.
    private static let stepsPerRound = 10

    /// Takes `count` rounds of key derivation from the current budget. False if the work must stop.
    static func spend(derivationRounds count: Int) -> Bool {
        let (steps, isTooMany) = count.multipliedReportingOverflow(by: stepsPerRound)
        return spend(steps: isTooMany ? .max : steps, on: .derivingKeys)
    }
}
