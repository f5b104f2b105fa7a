/// Decides from a host's name or address from where it can be reached.
enum HostKind {
    /// The suffixes of names that public resolvers do not know.
    private static let privateSuffixes = [".svc", ".cluster.local", ".local", ".internal"]

    /// Whether `host`, a name or an address without its port, exists only inside a network.
    static func isPrivate(_ host: String) -> Bool {
        let host = host.lowercased()
        if isPrivateAddress(host) || host == "localhost" || host == "kubernetes.default" { return true }
        return privateSuffixes.contains { host.hasSuffix($0) }
    }

    /// Whether the address is in the ranges of RFC 1918, RFC 6598 or RFC 4193, or belongs to the machine or the link.
    static func isPrivateAddress(_ address: String) -> Bool {
        let plain = address.filter { $0 != "[" && $0 != "]" }.lowercased()
        if plain.contains(":") {
            return plain == "::1" || ["fc", "fd", "fe8", "fe9", "fea", "feb"].contains { plain.hasPrefix($0) }
        }
        let numbers = plain.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
        guard numbers.count == 4, let first = numbers[0], let second = numbers[1], numbers[2] != nil, numbers[3] != nil
        else { return false }
        switch (first, second) {
        case (10, _), (127, _), (192, 168), (169, 254), (172, 16...31), (100, 64...127): return true
        default: return false
        }
    }
}
