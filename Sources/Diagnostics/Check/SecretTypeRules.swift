internal import Documents
internal import SecretMemory

/// The rules of the API server for Secrets
/// ([validation.go](https://github.com/kubernetes/kubernetes/blob/master/pkg/apis/core/validation/validation.go)),
/// which also apply to those that the driver writes.
enum SecretTypeRules {
    static let tls = "kubernetes.io/tls"

    /// The keys that a type needs. Each inner list has alternatives, of which one is enough.
    private static let keys: [String: [[String]]] = [
        tls: [["tls.crt"], ["tls.key"]],
        "kubernetes.io/dockerconfigjson": [[".dockerconfigjson"]],
        "kubernetes.io/dockercfg": [[".dockercfg"]],
        "kubernetes.io/ssh-auth": [["ssh-privatekey"]],
        "kubernetes.io/basic-auth": [["username", "password"]],
    ]

    /// Returns the required keys that a Secret of `type` with the keys `present` does not have, such as `username or
    /// password`.
    static func missing(_ type: String, present: [String]) -> [String] {
        (keys[type] ?? []).filter { !$0.contains(where: present.contains) }.map { $0.joined(separator: " or ") }
    }

    /// Returns the mistake in the name of a Secret, which must be a DNS subdomain.
    static func problem(withName name: String) -> String? {
        let labels = name.split(separator: ".", omittingEmptySubsequences: false)
        let isValid = labels.allSatisfy { label in
            !label.isEmpty && label.first != "-" && label.last != "-"
                && label.utf8.allSatisfy {
                    (ASCII.isLetterOrDigit($0) && !(65...90).contains($0)) || $0 == UInt8(ascii: "-")
                }
        }
        guard name.utf8.count <= 253, isValid else {
            return
                "a name has lower-case letters, digits, dashes and dots, and begins and ends with a letter or a digit"
        }
        return nil
    }

    /// Returns the mistake in a key of a Secret.
    static func problem(withKey key: String) -> String? {
        if key == "." || key.hasPrefix("..") { return "a key is not . and does not begin with .." }
        guard !key.isEmpty, key.utf8.count <= 253, key.hasOnlyASCIILettersAndDigits(or: "-._") else {
            return "a key has letters, digits, and the characters - _ ."
        }
        return nil
    }

    /// Returns a valid name or key that is similar to `text`.
    static func nearest(_ text: String, isName: Bool) -> String? {
        let letters = isName ? text.lowercased() : text
        let parts = letters.split { character in
            guard let byte = character.asciiValue else { return true }
            return !(ASCII.isLetterOrDigit(byte) || byte == UInt8(ascii: ".") || (!isName && character == "_"))
        }
        var result = parts.joined(separator: "-")
        while result.hasPrefix(".") { result.removeFirst() }
        while isName, result.hasSuffix(".") { result.removeLast() }
        return (isName ? problem(withName: result) : problem(withKey: result)) == nil ? result : nil
    }
}
