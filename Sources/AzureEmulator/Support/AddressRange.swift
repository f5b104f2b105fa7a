internal import Foundation

/// A range of IPv4 or IPv6 addresses: an address, perhaps with a prefix length.
struct AddressRange {
    private let bytes: [UInt8]
    private let prefix: Int

    /// nil if `text` is not such a range.
    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard let bytes = Self.bytes(of: parts[0]), parts.count <= 2 else { return nil }
        self.bytes = bytes
        guard parts.count == 2 else {
            prefix = bytes.count * 8
            return
        }
        guard let length = Int(parts[1]), (0...bytes.count * 8).contains(length) else { return nil }
        prefix = length
    }

    /// Whether the range has one address.
    var isSingle: Bool { prefix == bytes.count * 8 }

    /// Whether all addresses of `other` are in the range.
    func contains(_ other: AddressRange?) -> Bool {
        guard let other, other.bytes.count == bytes.count, other.prefix >= prefix else { return false }
        return (0..<prefix).allSatisfy { index in
            let mask = UInt8(0x80) >> (index % 8)
            return bytes[index / 8] & mask == other.bytes[index / 8] & mask
        }
    }

    private static func bytes(of address: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: count)
            if inet_pton(family, address, &bytes) == 1 { return bytes }
        }
        return nil
    }
}
