internal import Glibc

/// An IPv4 or IPv6 address as bytes.
struct IPAddress: Sendable, Equatable {
    let bytes: [UInt8]

    init?(_ text: String) {
        var four = [UInt8](repeating: 0, count: 4)
        if inet_pton(AF_INET, text, &four) == 1 {
            bytes = four
            return
        }
        var all = [UInt8](repeating: 0, count: 16)
        guard inet_pton(AF_INET6, text, &all) == 1 else { return nil }
        // IPv4-mapped IPv6 addresses are treated as IPv4.
        let mapped = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF]
        bytes = all.starts(with: mapped) ? Array(all.suffix(4)) : all
    }

    var isLoopback: Bool {
        bytes.count == 4 ? bytes[0] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
    }
}

/// A range of addresses with a common prefix.
struct IPNetwork: Sendable, Equatable {
    let address: IPAddress
    let prefixLength: Int

    init(_ address: IPAddress) {
        self.address = address
        prefixLength = address.bytes.count * 8
    }

    /// Parses CIDR notation; nil if the text is not valid.
    init?(_ text: String) {
        let parts = text.split(separator: "/", maxSplits: 1)
        guard parts.count == 2, let address = IPAddress(String(parts[0])), let length = Int(parts[1]),
            (0...address.bytes.count * 8).contains(length)
        else { return nil }
        self.address = address
        prefixLength = length
    }

    func contains(_ other: IPAddress) -> Bool {
        guard other.bytes.count == address.bytes.count else { return false }
        for index in address.bytes.indices {
            let bits = max(0, min(8, prefixLength - index * 8))
            let mask = bits == 0 ? 0 : UInt8.max << UInt8(8 - bits)
            if other.bytes[index] & mask != address.bytes[index] & mask { return false }
        }
        return true
    }
}
