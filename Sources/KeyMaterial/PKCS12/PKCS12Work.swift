internal import Budgets

/// How much computing one file may ask for, within what the mount as a whole may cost.
///
/// A few bytes can order any number of key derivations, each as long as its writer likes, and whoever may
/// write a secret could keep a node busy with them. So a file has one allowance for all that it orders.
package struct PKCS12Work {
    /// In rounds of key derivation, of which a node does some millions a second. OpenSSL and Key Vault
    /// write files that take about 10,000.
    static let maximumRounds = 2_500_000

    /// Triple DES and RC2, which have no hardware of their own, take as long for a block of 8 bytes as so
    /// many rounds.
    private static let roundsPerLegacyBlock = 8

    package static let exceeded = DERError(
        "pkcs12: the file takes more than \(maximumRounds) rounds of key derivation to open; "
            + "write it with fewer iterations")

    private var spent = 0

    package init() {}

    /// Takes a derivation that repeats a digest `iterations` times for each of `blocks` pieces of its key.
    mutating func spend(iterations: Int, blocks: Int) throws(DERError) {
        let (rounds, isTooMany) = iterations.multipliedReportingOverflow(by: blocks)
        guard !isTooMany, rounds <= Self.maximumRounds - spent else { throw Self.exceeded }
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
