internal import SecretMemory

/// The rules for a vault's name, which becomes a part of its host.
enum VaultName {
    static let rule = "match [-a-zA-Z0-9]{3,24}"

    /// What a name must do and does not; nil if nothing.
    static func problem(with name: String) -> String? {
        if !(3...24).contains(name.utf8.count) { return "be between 3 and 24 chars" }
        return name.hasOnlyASCIILettersAndDigits(or: "-") ? nil : rule
    }
}

/// The rules for a tenant, which becomes a part of a URL's path.
enum TenantName {
    static func isValid(_ tenant: String) -> Bool {
        tenant.hasOnlyASCIILettersAndDigits(or: "-._") && !tenant.utf8.containsTwoDots && tenant != "."
            && tenant.utf8.count <= 255
    }
}
