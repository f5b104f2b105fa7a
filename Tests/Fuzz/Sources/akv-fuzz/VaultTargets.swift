internal import KeyMaterial
internal import SecretMemory

@testable internal import Azure
@testable internal import ProviderCore

private let vault = VaultAddress(name: "payments", suffix: "vault.azure.net")

/// Responses of Key Vault.
let vaultTargets = [
    FuzzTarget("vault-bundle", 8192) { bytes in
        var input = Input(bytes)
        let types = KeyVaultObject.ObjectType.allCases
        let object = KeyVaultObject(name: "name", type: types[input.choice(of: types.count)])
        let version = input.choice(of: 2) == 0 ? "" : "1"
        let expected = VaultObjectID(object: object, version: version, vault: vault)
        guard let item = (try? VaultBundle.decode(input.secret, expecting: expected))?.item else { return }
        require(!item.version.contains("/"), "version \(item.version.debugDescription)")
        guard let files = try? ContentConversion().files(for: item, object: object) else { return }
        guard case .key(let key, _) = item else { return }
        let blocks = files.flatMap { PEMReader.blocks(in: $0.contents) }
        require(blocks.map(\.label) == ["PUBLIC KEY"], "the labels of a public key are \(blocks.map(\.label))")
        require(blocks.allSatisfy { (try? DERElement.parse($0.der)) != nil }, "a key is not DER")
        require(key.type.hasPrefix("RSA") || key.type.hasPrefix("EC"), "a key of type \(key.type) is written")
    },
    FuzzTarget("version-page", 4096) { bytes in
        var input = Input(bytes)
        var object = KeyVaultObject(name: "name", type: .secret)
        object.versionHistory = input.choice(of: 100)
        object.version = ["", "latest", "1", "previous", "latest-enabled"][input.choice(of: 5)]
        guard let page = try? VersionPage.decode(input.secret) else { return }
        if let link = page.nextLink { checkLink(link) }
        guard let versions = try? VersionHistory.select(page.records, for: object) else { return }
        require(!versions.isEmpty && versions.count <= max(1, object.versionHistory), "\(versions.count) versions")
        require(versions.allSatisfy { !$0.contains("/") }, "a version has a slash")
    },
    FuzzTarget("next-link", 512) { bytes in checkLink(Input(bytes).text) },
    FuzzTarget("vault-refusal", 4096) { bytes in
        var input = Input(bytes)
        let status = 200 + input.choice(of: 400)
        let header = input.line()
        let response = HTTPResponse(status: status, headers: [("X-Ms-Request-Id", header)], body: input.secret)
        let error = VaultErrorResponse(response).error(
            object: KeyVaultObject(name: "name", type: .key), vault: vault, clientID: "")
        require(status >= 400 || error.code == .answerMalformed, "status \(status) is \(error.code)")
        require(error.message.utf8.count < 20_000, "a message of \(error.message.utf8.count) bytes")
    },
    FuzzTarget("challenge", 1024) { bytes in
        guard let challenge = VaultChallenge(header: Input(bytes).text),
            challenge.isTrustworthy(forHost: vault.host), let resource = challenge.resource
        else { return }
        let host = resource.lowercased().dropFirst("https://".count)
        require(
            ["vault.azure.net", "azure.net", "net"].contains { host == $0 || host == "\($0):443" },
            "\(vault.host) would get a token for \(resource.debugDescription)")
    },
]

/// Requires that an accepted link points to the vault itself and is a plain URL.
private func checkLink(_ text: String) {
    for host in ["payments.vault.azure.net", "payments.vault.test:8443"] {
        guard let link = VersionPage.link(text, onHost: host) else { continue }
        require(link.utf8.starts(with: "https://\(host)/".utf8), "\(link.debugDescription) leads away from \(host)")
        require(link.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "\(link.debugDescription) is not a URL")
    }
}
