package import Budgets

/// The cost of arithmetic with keys. The library computes without a pause, so a mount spends all steps before
/// it calls the library. Long keys then leave the threads that serve other mounts.
///
/// The costs were measured with the BoringSSL of swift-crypto, as it ships.
extension MountBudget {
    /// Spends the check of an RSA private key of `keyBytes` bytes in DER, which grows with the square of the key's
    /// length: 0.1 ms with 2048 bits, 1 ms with 8192. Returns false if the work must stop.
    package static func spend(rsaKeyBytes keyBytes: Int, on activity: Activity) -> Bool {
        // The library refuses keys of more than 8192 bits, which have 5 kB, without computing.
        let bytes = min(keyBytes, 10_000)
        return spend(steps: bytes * bytes / 600, on: activity)
    }

    /// Spends the computation of the public point of a private number. Returns false if the work must stop.
    static func spend(publicPointOn curve: EllipticCurve) -> Bool {
        let steps =
            switch curve {
            case .p256: 200
            case .p384: 8_000
            case .p521: 16_000
            // No library computes it.
            case .p256k: 1
            }
        return spend(steps: steps, on: .converting)
    }

    /// Spends the computation of the second coordinate of a compressed point. Returns false if the work must stop.
    static func spend(decompressionOn curve: EllipticCurve) -> Bool {
        let steps =
            switch curve {
            case .p256: 300
            case .p384: 500
            case .p521: 1000
            // No library computes it.
            case .p256k: 1
            }
        return spend(steps: steps, on: .converting)
    }
}
