internal import SwiftASN1
internal import X509

/// Subjects as Key Vault's policies write them: `CN=shop.example, O="Shop, Ltd.", C=DE`.
enum SubjectName {
    static func parse(_ text: String) throws -> DistinguishedName {
        var names: [RelativeDistinguishedName] = []
        for part in split(text) {
            let pair = part.split(separator: "=", maxSplits: 1).map { trimmed($0) }
            guard pair.count == 2, !pair[1].isEmpty, let attribute = try attribute(pair[0], pair[1]) else {
                throw VaultRefusal.badParameter("The subject \(text) is not a valid X.500 name.")
            }
            names.append(RelativeDistinguishedName([attribute]))
        }
        guard !names.isEmpty else { throw VaultRefusal.badParameter("The subject is empty.") }
        // The text names the most particular part first, the certificate last (RFC 4514, section 2.1).
        return DistinguishedName(names.reversed())
    }

    private static func attribute(_ key: String, _ value: String) throws -> RelativeDistinguishedName.Attribute? {
        let type: ASN1ObjectIdentifier
        switch key.uppercased() {
        case "CN": type = .RDNAttributeType.commonName
        case "O": type = .RDNAttributeType.organizationName
        case "OU": type = .RDNAttributeType.organizationalUnitName
        case "L": type = .RDNAttributeType.localityName
        case "S", "ST": type = .RDNAttributeType.stateOrProvinceName
        case "C":
            return try RelativeDistinguishedName.Attribute(
                type: .RDNAttributeType.countryName, printableString: value)
        default: return nil
        }
        return RelativeDistinguishedName.Attribute(type: type, utf8String: value)
    }

    /// At commas outside quotation marks, which are dropped.
    private static func split(_ text: String) -> [String] {
        var (parts, current, isQuoted) = ([String](), "", false)
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted:
                parts.append(current)
                current = ""
            default: current.append(character)
            }
        }
        return (parts + [current]).filter { !trimmed(Substring($0)).isEmpty }
    }

    private static func trimmed(_ text: Substring) -> String {
        let rest = text.drop { $0 == " " }
        return String(rest.reversed().drop { $0 == " " }.reversed())
    }
}
