internal import HTTPTypes

/// A vault's firewall: the addresses that it accepts, and the address that its clients seem to have.
package struct VaultFirewall: Codable, Sendable, Equatable {
    /// The address of all clients of the emulator, unless a firewall names another one (RFC 5737).
    static let defaultAddress = "203.0.113.10"

    /// Addresses and ranges such as `192.0.2.0/24`. Without any, the vault refuses everyone.
    package var allow: [String]?
    /// The clients' address as the vault sees it, for example that of a cluster's NAT gateway.
    package var clientAddress: String?
    /// Whether the vault can be reached without a private endpoint. Without it `allow` has no effect.
    package var publicAccess: Bool?

    package init(allow: [String]?, clientAddress: String?, publicAccess: Bool?) {
        self.allow = allow
        self.clientAddress = clientAddress
        self.publicAccess = publicAccess
    }

    /// The address of the clients.
    package var address: String { clientAddress ?? Self.defaultAddress }

    /// Throws an `EmulatorError` for a text that is not an address or a range.
    func validate() throws {
        guard AddressRange(address)?.isSingle == true else {
            throw EmulatorError("the firewall's clientAddress \(address) is not an IP address")
        }
        for text in allow ?? [] where AddressRange(text) == nil {
            throw EmulatorError("the firewall's range \(text) is neither an IP address nor one with a prefix length")
        }
    }

    /// The error with which the vault refuses a caller; nil if it lets the caller pass.
    func refusal(of caller: VaultCaller, vault: String) -> VaultError? {
        let ending = "\r\nCaller: \(caller.description)\r\nVault: \(vault);location=emulated"
        if publicAccess == false {
            return VaultError(
                status: .forbidden, code: "Forbidden",
                message:
                    "Public network access is disabled and request is not from a trusted service nor via an approved private link.\(ending)",
                innerCode: "ForbiddenByConnection")
        }
        let client = AddressRange(address)
        guard !(allow ?? []).contains(where: { AddressRange($0)?.contains(client) == true }) else { return nil }
        return VaultError(
            status: .forbidden, code: "Forbidden",
            message:
                "Client address is not authorized and caller is not a trusted service.\r\nClient address: \(address)\(ending)",
            innerCode: "ForbiddenByFirewall")
    }
}
