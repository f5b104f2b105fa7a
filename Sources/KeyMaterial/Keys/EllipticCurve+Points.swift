internal import Crypto
internal import FoundationEssentials

extension EllipticCurve {
    /// Whether `point` is on the curve, in the uncompressed or compressed form of SEC 1. A key with another point is
    /// invalid, and programs that use it without this check can leak their own keys.
    func contains(_ point: [UInt8]) -> Bool {
        let isLong = point.count == 1 + 2 * coordinateLength && point[0] == 0x04
        let isShort = point.count == 1 + coordinateLength && (point[0] == 0x02 || point[0] == 0x03)
        guard isLong || isShort else { return false }
        switch self {
        case .p256:
            return isLong
                ? isKey { try P256.Signing.PublicKey(x963Representation: point) }
                : isKey { try P256.Signing.PublicKey(compressedRepresentation: point) }
        case .p384:
            return isLong
                ? isKey { try P384.Signing.PublicKey(x963Representation: point) }
                : isKey { try P384.Signing.PublicKey(compressedRepresentation: point) }
        case .p521:
            return isLong
                ? isKey { try P521.Signing.PublicKey(x963Representation: point) }
                : isKey { try P521.Signing.PublicKey(compressedRepresentation: point) }
        case .p256k:
            // None of the linked libraries supports the curve. Half of all compressed points are on it, so those are
            // not checked.
            return isShort || Secp256k1.contains(x: point[1...32], y: point[33...64])
        }
    }

    private func isKey<Key>(_ body: () throws -> Key) -> Bool { (try? body()) != nil }
}

/// The equation of the curve secp256k1 (SEC 2): y² = x³ + 7, modulo p = 2²⁵⁶ − 2³² − 977.
private enum Secp256k1 {
    /// A number of 256 bits in eight words, the least significant first.
    typealias Number = [UInt32]

    private static let prime: Number =
        [0xFFFF_FC2F, 0xFFFF_FFFE] + [UInt32](repeating: 0xFFFF_FFFF, count: 6)
    /// The remainder of 2²⁵⁶ modulo p.
    private static let excess: Number = [977, 1]

    static func contains(x: ArraySlice<UInt8>, y: ArraySlice<UInt8>) -> Bool {
        let (x, y) = (number(x), number(y))
        guard isReduced(x), isReduced(y) else { return false }
        return product(y, y) == sum(product(product(x, x), x), [7])
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Number {
        let bytes = Array(bytes.reversed())
        return (0..<8).map { index in
            (0..<4).reduce(0) { $0 | UInt32(bytes[4 * index + $1]) << UInt32(8 * $1) }
        }
    }

    private static func isReduced(_ number: Number) -> Bool {
        number.reversed().lexicographicallyPrecedes(prime.reversed())
    }

    private static func product(_ a: Number, _ b: Number) -> Number { reduced(multiplied(a, b)) }

    private static func sum(_ a: Number, _ b: Number) -> Number {
        reduced(added(a, b))
    }

    private static func multiplied(_ a: Number, _ b: Number) -> Number {
        var result = Number(repeating: 0, count: a.count + b.count)
        for (i, x) in a.enumerated() {
            var carry: UInt64 = 0
            for (j, y) in b.enumerated() {
                let value = UInt64(x) * UInt64(y) + UInt64(result[i + j]) + carry
                result[i + j] = UInt32(truncatingIfNeeded: value)
                carry = value >> 32
            }
            result[i + b.count] = UInt32(carry)
        }
        return result
    }

    private static func added(_ a: Number, _ b: Number) -> Number {
        var result: Number = []
        var carry: UInt64 = 0
        for index in 0..<max(a.count, b.count) {
            let value = UInt64(a.count > index ? a[index] : 0) + UInt64(b.count > index ? b[index] : 0) + carry
            result.append(UInt32(truncatingIfNeeded: value))
            carry = value >> 32
        }
        return result + [UInt32(carry)]
    }

    /// Returns the number modulo p, in eight words.
    private static func reduced(_ number: Number) -> Number {
        var number = number
        while number.count > 8, number[8...].contains(where: { $0 != 0 }) {
            number = added(Array(number[..<8]), multiplied(Array(number[8...]), excess))
            while number.count > 8, number.last == 0 { number.removeLast() }
        }
        number = Array(number.prefix(8))
        // 2²⁵⁶ − p is smaller than p, so one subtraction is enough.
        return isReduced(number) ? number : Array(added(number, excess).prefix(8))
    }
}
