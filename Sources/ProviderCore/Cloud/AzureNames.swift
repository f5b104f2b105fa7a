internal import SecretMemory

/// The rules for the name of a vault, which becomes part of the vault's host name.
enum VaultName {
    static let rule = "match [-a-zA-Z0-9]{3,24}"

    /// Returns the rule that `name` breaks, as the end of the sentence "the name must …", or nil if the name is valid.
    static func problem(with name: String) -> String? {
        if !(3...24).contains(name.utf8.count) { return "be between 3 and 24 chars" }
        return name.hasOnlyASCIILettersAndDigits(or: "-") ? nil : rule
    }
}

/// The rules for a tenant, which becomes part of a URL's path.
enum TenantName {
    static func isValid(_ tenant: String) -> Bool {
        tenant.hasOnlyASCIILettersAndDigits(or: "-._") && !tenant.utf8.containsTwoDots && tenant != "."
            && tenant.utf8.count <= 255
    }
}
