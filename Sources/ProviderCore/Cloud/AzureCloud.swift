internal import Documents
internal import SecretMemory

/// Where Entra and Key Vault live: the only source of the hosts that credentials are sent to.
package struct AzureCloud: Hashable, Sendable {
    package var name: String
    /// Entra's address without a slash at its end, such as `https://login.microsoftonline.com`.
    package var authority: String
    /// What a Key Vault token is for, without a slash at its end, such as `https://vault.azure.net`.
    package var vaultResource: String
    /// Follows the vault's name in its host, such as `vault.azure.net`; may end with a port.
    package var vaultSuffix: String

    package init(name: String, authority: String, vaultResource: String, vaultSuffix: String) {
        self.name = name
        self.authority = authority
        self.vaultResource = vaultResource
        self.vaultSuffix = vaultSuffix
    }

    /// The clouds that need no file, under every name users know them by, in lower case.
    private static let known: [(names: [String], cloud: AzureCloud)] = [
        (
            ["azurepubliccloud", "azurecloud"],
            cloud("AzurePublicCloud", "login.microsoftonline.com", "vault.azure.net")
        ),
        (
            ["azureusgovernmentcloud", "azureusgovernment"],
            cloud("AzureUSGovernmentCloud", "login.microsoftonline.us", "vault.usgovcloudapi.net")
        ),
        (["azurechinacloud"], cloud("AzureChinaCloud", "login.chinacloudapi.cn", "vault.azure.cn")),
        (["azuregermancloud"], cloud("AzureGermanCloud", "login.microsoftonline.de", "vault.microsoftazure.de")),
        (
            ["azurebleucloud", "bleucloud"],
            cloud("AzureBleuCloud", "login.sovcloud-identity.fr", "vault.sovcloud-api.fr")
        ),
        (
            ["azuredeloscloud", "deloscloud"],
            cloud("AzureDelosCloud", "login.sovcloud-identity.de", "vault.sovcloud-api.de")
        ),
    ]

    /// The cloud whose addresses a file describes.
    static let describedName = "AzureStackCloud"

    /// The proper names of all clouds.
    static var names: [String] { known.map(\.cloud.name) + [describedName] }

    private static func cloud(_ name: String, _ authority: String, _ suffix: String) -> AzureCloud {
        AzureCloud(
            name: name, authority: "https://\(authority)", vaultResource: "https://\(suffix)", vaultSuffix: suffix)
    }

    /// The cloud called `name`, in any case. `environmentFile` holds the JSON description that
    /// `AzureStackCloud` needs, and is read for no other name.
    package static func named(
        _ name: String, environmentFile: EnvironmentFile?
    ) throws(ProviderError) -> AzureCloud {
        if let cloud = try named(name) { return cloud }
        return try described(by: environmentFile, name)
    }

    /// The cloud called `name`, in any case; nil for the one that a file describes.
    static func named(_ name: String) throws(ProviderError) -> AzureCloud? {
        let lowercased = name.lowercased()
        if let entry = known.first(where: { $0.names.contains(lowercased) }) { return entry.cloud }
        if lowercased == describedName.lowercased() { return nil }
        throw invalid(
            name, "autorest/azure: There is no cloud environment matching the name \"\(name.uppercased().clipped)\"")
    }

    private static func invalid(_ name: String, _ reason: String, hint: String? = nil) -> ProviderError {
        ProviderError(.cloudInvalid, "cloudName \(name.clipped) is not valid, error: \(reason)", hint: hint)
            .about(parameter: "cloudName")
    }

    /// The cloud that a file describes; errors call it by the `name` that the class gave it.
    static func described(by environmentFile: EnvironmentFile?, _ name: String) throws(ProviderError) -> AzureCloud {
        guard let environmentFile else {
            throw invalid(
                name, "open : no such file or directory",
                hint:
                    "mount the cloud's JSON description into the provider's container and set AZURE_ENVIRONMENT_FILEPATH to its path"
            )
        }
        switch environmentFile.contents {
        case .failure(let reason):
            throw invalid(
                name, "open \(environmentFile.path): \(reason.text)",
                hint: "check the cloud's JSON description in the provider's container")
        case .success(let bytes):
            do {
                return try decode(bytes)
            } catch {
                throw invalid(
                    name, "\(environmentFile.path): \(error.text)",
                    hint: "correct the cloud's JSON description in the provider's container")
            }
        }
    }

    /// A cloud description as it was found on disk.
    package struct EnvironmentFile: Sendable {
        package var path: String
        package var contents: Result<[UInt8], CloudEnvironmentError>

        package init(path: String, contents: Result<[UInt8], CloudEnvironmentError>) {
            self.path = path
            self.contents = contents
        }
    }

    /// Reads go-autorest's environment JSON; its keys match in any case, as Go's decoder has it.
    private static func decode(_ bytes: [UInt8]) throws(CloudEnvironmentError) -> AzureCloud {
        // A class can name any file, so an error must not show a character of it, as the parser's own would.
        guard let document = try? JSONParser.parse(SecretBytes(bytes)), let object = document.object else {
            throw CloudEnvironmentError(text: "the file is not a JSON object")
        }
        func text(_ key: String) -> String {
            object.members.last { $0.key.lowercased() == key.lowercased() }?.value.text?.trimmingSpace() ?? ""
        }
        let authority = text("activeDirectoryEndpoint").droppingTrailingSlashes()
        let suffix = text("keyVaultDNSSuffix").droppingTrailingSlashes()
        guard isHTTPS(authority) else {
            throw CloudEnvironmentError(text: "activeDirectoryEndpoint must be an https URL")
        }
        guard isHost(suffix) else {
            throw CloudEnvironmentError(text: "keyVaultDNSSuffix must be a host name, with a port if need be")
        }
        let resource = text("keyVaultEndpoint").droppingTrailingSlashes()
        guard resource.isEmpty || isHTTPS(resource) else {
            throw CloudEnvironmentError(text: "keyVaultEndpoint must be an https URL")
        }
        return AzureCloud(
            name: text("name").isEmpty ? "AzureStackCloud" : text("name"),
            authority: authority,
            vaultResource: resource.isEmpty ? "https://\(suffix)" : resource,
            vaultSuffix: suffix)
    }

    private static func isHTTPS(_ url: String) -> Bool {
        guard url.lowercased().hasPrefix("https://") else { return false }
        let rest = url.dropFirst("https://".count)
        let host = rest.prefix { $0 != "/" }
        return isHost(String(host))
            && rest.utf8.allSatisfy { ASCII.visible.contains($0) && !"?#@\\".utf8.contains($0) }
    }

    /// A host name, with a port if need be: what stands between the dots is never empty.
    private static func isHost(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, UInt16(parts[1]) == nil || parts[1].first == "+" { return false }
        return parts[0].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.hasOnlyASCIILettersAndDigits(or: "-")
        }
    }
}

/// Explains why a cloud's description cannot be used. It never repeats the file's content.
package struct CloudEnvironmentError: Error, Sendable {
    package var text: String

    package init(text: String) {
        self.text = text
    }
}
