internal import Documents
internal import SecretMemory

/// The endpoints of one Azure cloud. Credentials are sent only to hosts that come from a value of this type.
package struct AzureCloud: Hashable, Sendable {
    package var name: String
    /// The URL of Microsoft Entra ID, without a trailing slash, such as `https://login.microsoftonline.com`.
    package var authority: String
    /// The resource that a Key Vault token is requested for, without a trailing slash, such as
    /// `https://vault.azure.net`.
    package var vaultResource: String
    /// The part of a vault's host after its name, such as `vault.azure.net`. It can end with a port.
    package var vaultSuffix: String

    package init(name: String, authority: String, vaultResource: String, vaultSuffix: String) {
        self.name = name
        self.authority = authority
        self.vaultResource = vaultResource
        self.vaultSuffix = vaultSuffix
    }

    /// The clouds whose endpoints are built in, each with all names that users know it by, in lower case.
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

    /// The name of the cloud whose endpoints come from a file.
    static let describedName = "AzureStackCloud"

    /// The proper names of all clouds.
    static var names: [String] { known.map(\.cloud.name) + [describedName] }

    private static func cloud(_ name: String, _ authority: String, _ suffix: String) -> AzureCloud {
        AzureCloud(
            name: name, authority: "https://\(authority)", vaultResource: "https://\(suffix)", vaultSuffix: suffix)
    }

    /// Returns the cloud called `name`, compared without regard to case. `environmentFile` gives the JSON description
    /// that `AzureStackCloud` needs; it is not called for any other name. Throws `.cloudInvalid` if the cloud is
    /// unknown or its description cannot be used.
    package static func named(
        _ name: String, environmentFile: EnvironmentFile?
    ) throws(ProviderError) -> AzureCloud {
        if let cloud = try named(name) { return cloud }
        return try described(by: environmentFile, name)
    }

    /// Returns the built-in cloud called `name`, compared without regard to case, and nil for the cloud that a file
    /// describes. Throws `.cloudInvalid` for any other name.
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

    /// Returns the cloud that a file describes. Errors use `name`, which is the spelling in the class.
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

    /// A cloud description and the path that it was read from.
    package struct EnvironmentFile: Sendable {
        package var path: String
        package var contents: Result<[UInt8], CloudEnvironmentError>

        package init(path: String, contents: Result<[UInt8], CloudEnvironmentError>) {
            self.path = path
            self.contents = contents
        }
    }

    /// Decodes go-autorest's environment JSON. Keys match in any letter case, as in Go's decoder.
    private static func decode(_ bytes: [UInt8]) throws(CloudEnvironmentError) -> AzureCloud {
        // A class can name any file on the node, so the error must not quote the file, as the parser's own error would.
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

    /// Whether `text` is a host name, optionally with a port, in which every label between the dots has characters.
    private static func isHost(_ text: String) -> Bool {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        if parts.count == 2, UInt16(parts[1]) == nil || parts[1].first == "+" { return false }
        return parts[0].split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
            !label.isEmpty && label.hasOnlyASCIILettersAndDigits(or: "-")
        }
    }
}

/// Explains why a cloud description cannot be used. The text never repeats the file's content.
package struct CloudEnvironmentError: Error, Sendable {
    package var text: String

    package init(text: String) {
        self.text = text
    }
}
