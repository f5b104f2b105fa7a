import Foundation
import ProviderCore
import Testing

@Suite("Names of parameters")
struct ParameterNamesTests {
    @Test(
        "An ignored name is reported with a suggestion",
        arguments: [
            ("keyVaultName", "keyvaultName"), ("keyvaultname", "keyvaultName"), ("keyvault-name", "keyvaultName"),
            ("key_vault_name", "keyvaultName"), ("keyvaltName", "keyvaultName"), ("tenantid", "tenantID"),
            ("TenantId", "tenantID"), ("tennantID", "tenantID"), ("clientId", "clientID"), ("client_id", "clientID"),
            ("object", "objects"), ("Objects", "objects"), ("usePodIdentiy", "usePodIdentity"),
            ("useVmManagedIdentity", "useVMManagedIdentity"), ("userAssignedIdentityId", "userAssignedIdentityID"),
            ("cloudname", "cloudName"), ("refreshinterval", "refreshInterval"), ("fallbackvault", "fallbackVault"),
        ])
    func meant(name: String, expected: String) {
        #expect(ParameterNames.meant(by: name) == expected)
    }

    @Test(
        "A known name, or one that resembles none, is not reported",
        arguments: ParameterNames.known + [
            "", "secretProviderClass", "nodePublishSecretRef", "resourceGroup", "subscriptionId", "useWorkloadIdentity",
            "team", "mode", "title", "vaultAddress", "roleName", "csi.storage.k8s.io/pod.name",
            String(repeating: "objects", count: 20), "keyvault\nName", "keyvаultName", "tenant\u{1B}ID",
        ])
    func innocent(name: String) {
        #expect(ParameterNames.meant(by: name) == nil)
    }

    private static func validate(_ changes: [String: String?]) throws -> MountConfiguration {
        try MountConfiguration(
            validating: try mountRequest(ValidMount.attributes(changing: changes)),
            MountConfiguration.Environment(
                defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: testNow))
    }

    @Test("A misspelt parameter causes a warning, and names that driver, kubelet or pod add do not")
    func warnings() throws {
        let changes = [
            "refreshinterval": "5m", "cloudname": "AzureChinaCloud", "csi.storage.k8s.io/ephemeral": "true",
            "nodePublishSecretRef": "x", "resourceGroup": "group", "team": "payments", "tenantId": "",
        ]
        #expect(
            try Self.validate(changes).warnings == [
                "unknown parameter cloudname is ignored; did you mean cloudName?",
                "unknown parameter refreshinterval is ignored; did you mean refreshInterval?",
            ])
    }

    @Test("The error for a missing parameter suggests misspelt names in the class")
    func missing() throws {
        let error = #expect(throws: ProviderError.self) {
            try Self.validate(["keyvaultName": nil, "keyVaultName": "kv", "tenantID": nil, "tenantid": "t"])
        }
        let text = error.map { "\($0)" } ?? ""
        #expect(text.contains("keyvaultName is not provided") && text.contains("tenantId is not provided"))
        #expect(
            text.contains("ignored: keyVaultName (did you mean keyvaultName?), tenantid (did you mean tenantID?)"))
    }

    @Test("A request with very many names is checked within its limit")
    func many() throws {
        var changes: [String: String] = [:]
        for index in 0..<20_000 { changes["keyvault\(index)"] = "x" }
        let start = Self.processorSeconds
        #expect(try Self.validate(changes).warnings.count <= 64)
        #expect(Self.processorSeconds - start < 20)
    }

    /// The work of this thread so far, which other processes do not affect.
    private static var processorSeconds: Int {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return time.tv_sec
    }
}
