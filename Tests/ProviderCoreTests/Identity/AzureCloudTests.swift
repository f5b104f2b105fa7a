import ProviderCore
import Testing

@Suite("AzureCloud")
struct AzureCloudTests {
    @Test(
        "Every known cloud is found under all its names, in any case",
        arguments: [
            ("AzurePublicCloud", "https://login.microsoftonline.com", "vault.azure.net"),
            ("AZURECLOUD", "https://login.microsoftonline.com", "vault.azure.net"),
            ("AzureUSGovernmentCloud", "https://login.microsoftonline.us", "vault.usgovcloudapi.net"),
            ("azureusgovernment", "https://login.microsoftonline.us", "vault.usgovcloudapi.net"),
            ("AzureChinaCloud", "https://login.chinacloudapi.cn", "vault.azure.cn"),
            ("AzureGermanCloud", "https://login.microsoftonline.de", "vault.microsoftazure.de"),
        ])
    func known(name: String, authority: String, suffix: String) throws {
        let cloud = try AzureCloud.named(name, environmentFile: nil)
        #expect(cloud.authority == authority)
        #expect(cloud.vaultSuffix == suffix)
        #expect(cloud.vaultResource == "https://\(suffix)")
    }

    @Test("An unknown cloud is refused with upstream's phrase", arguments: ["", "Azure", "AzurePublicCloud2"])
    func unknown(name: String) {
        let error = #expect(throws: ProviderError.self) { try AzureCloud.named(name, environmentFile: nil) }
        #expect(error?.code == .cloudInvalid)
        #expect(
            error?.message
                == "cloudName \(name) is not valid, error: autorest/azure: There is no cloud environment matching the name \"\(name.uppercased())\""
        )
    }

    @Test("AzureStackCloud without a file is refused as in upstream")
    func noFile() {
        let error = #expect(throws: ProviderError.self) {
            try AzureCloud.named("AzureStackCloud", environmentFile: nil)
        }
        #expect(error?.message == "cloudName AzureStackCloud is not valid, error: open : no such file or directory")
        #expect(error?.hint.contains("AZURE_ENVIRONMENT_FILEPATH") == true)
    }

    private static func decode(_ json: String) throws -> AzureCloud {
        try AzureCloud.named(
            "AzureStackCloud",
            environmentFile: AzureCloud.EnvironmentFile(path: "/c.json", contents: .success(Array(json.utf8))))
    }

    @Test("A cloud's description is read with keys in any case, and unknown keys are ignored")
    func description() throws {
        let cloud = try Self.decode(
            #"""
            {"NAME":"Local","activedirectoryendpoint":"https://adfs.local/adfs/","KeyVaultEndpoint":"https://vault.local/",
            "keyVaultDNSSuffix":" vault.local:8443/ ","galleryEndpoint":"x","resourceIdentifiers":{"graph":"y"}}
            """#)
        #expect(
            cloud
                == AzureCloud(
                    name: "Local", authority: "https://adfs.local/adfs", vaultResource: "https://vault.local",
                    vaultSuffix: "vault.local:8443"))
    }

    @Test("Optional values of a description have defaults")
    func defaults() throws {
        let cloud = try Self.decode(
            #"{"activeDirectoryEndpoint":"https://login.local","keyVaultDNSSuffix":"vault.local"}"#)
        #expect(cloud.name == "AzureStackCloud")
        #expect(cloud.vaultResource == "https://vault.local")
    }

    @Test(
        "An invalid description is refused with the reason",
        arguments: [
            ("", "the file is not a JSON object"), ("[]", "the file is not a JSON object"),
            ("{", "the file is not a JSON object"), ("root:x:0:0", "the file is not a JSON object"),
            ("{}", "activeDirectoryEndpoint must be an https URL"),
            (
                #"{"activeDirectoryEndpoint":"http://a","keyVaultDNSSuffix":"v"}"#,
                "activeDirectoryEndpoint must be an https URL"
            ),
            (
                #"{"activeDirectoryEndpoint":"https://","keyVaultDNSSuffix":"v"}"#,
                "activeDirectoryEndpoint must be an https URL"
            ),
            (
                #"{"activeDirectoryEndpoint":"https://u:p@a","keyVaultDNSSuffix":"v"}"#,
                "activeDirectoryEndpoint must be an https URL"
            ),
            (
                #"{"activeDirectoryEndpoint":"https://a/?b","keyVaultDNSSuffix":"v"}"#,
                "activeDirectoryEndpoint must be an https URL"
            ),
            (
                #"{"activeDirectoryEndpoint":"https://a/b c","keyVaultDNSSuffix":"v"}"#,
                "activeDirectoryEndpoint must be an https URL"
            ),
            (
                "{\"activeDirectoryEndpoint\":\"https://a/?\u{301}b\",\"keyVaultDNSSuffix\":\"v\"}",
                "activeDirectoryEndpoint must be an https URL"
            ),
            (
                #"{"activeDirectoryEndpoint":"https://a/\ud800","keyVaultDNSSuffix":"v"}"#,
                "activeDirectoryEndpoint must be an https URL"
            ),
            (
                #"{"activeDirectoryEndpoint":"https://a","keyVaultDNSSuffix":"v","keyVaultEndpoint":"vault & more"}"#,
                "keyVaultEndpoint must be an https URL"
            ),
            (
                #"{"activeDirectoryEndpoint":7,"keyVaultDNSSuffix":"v"}"#,
                "activeDirectoryEndpoint must be an https URL"
            ),
            (
                #"{"activeDirectoryEndpoint":"https://a"}"#,
                "keyVaultDNSSuffix must be a host name, with a port if need be"
            ),
            (
                #"{"activeDirectoryEndpoint":"https://a","keyVaultDNSSuffix":"v/x"}"#,
                "keyVaultDNSSuffix must be a host name, with a port if need be"
            ),
            (
                #"{"activeDirectoryEndpoint":"https://a","keyVaultDNSSuffix":"u@v"}"#,
                "keyVaultDNSSuffix must be a host name, with a port if need be"
            ),
        ])
    func badDescriptions(json: String, reason: String) {
        let error = #expect(throws: ProviderError.self) { try Self.decode(json) }
        #expect(error?.message == "cloudName AzureStackCloud is not valid, error: /c.json: \(reason)")
    }
}
