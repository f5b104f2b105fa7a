internal import Foundation
internal import SwiftASN1
internal import X509

/// Parses subjects in the form of Key Vault's policies: `CN=shop.example, O="Shop, Ltd.", C=DE`.
enum SubjectName {
    static func parse(_ text: String) throws -> DistinguishedName {
        var names: [RelativeDistinguishedName] = []
        for part in split(text) {
            let pair = part.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .spaces) }
            guard pair.count == 2, !pair[1].isEmpty, let attribute = try attribute(type: pair[0], value: pair[1]) else {
                throw CertificateInputError("The subject \(text) is not a valid X.500 name.")
            }
            names.append(RelativeDistinguishedName([attribute]))
        }
        guard !names.isEmpty else { throw CertificateInputError("The subject is empty.") }
        // The text starts with the most specific part, the certificate ends with it (RFC 4514, section 2.1).
        return DistinguishedName(names.reversed())
    }

    /// An attribute of the name; nil for an unknown type.
    private static func attribute(
        type: String, value: String
    ) throws -> RelativeDistinguishedName.Attribute? {
        let identifier: ASN1ObjectIdentifier
        switch type.uppercased() {
        case "CN": identifier = .RDNAttributeType.commonName
        case "O": identifier = .RDNAttributeType.organizationName
        case "OU": identifier = .RDNAttributeType.organizationalUnitName
        case "L": identifier = .RDNAttributeType.localityName
        case "S", "ST": identifier = .RDNAttributeType.stateOrProvinceName
        case "C":
            return try RelativeDistinguishedName.Attribute(
                type: .RDNAttributeType.countryName, printableString: value)
        default: return nil
        }
        return RelativeDistinguishedName.Attribute(type: identifier, utf8String: value)
    }

    /// Splits the text at commas outside quotation marks, and removes the quotation marks.
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
        return (parts + [current]).filter { !$0.trimmingCharacters(in: .spaces).isEmpty }
    }
}

extension CharacterSet {
    fileprivate static let spaces = CharacterSet(charactersIn: " ")
}
