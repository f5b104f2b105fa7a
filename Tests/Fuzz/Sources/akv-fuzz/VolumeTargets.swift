internal import Budgets
internal import Documents
internal import SecretMemory

@testable internal import Azure
@testable internal import ProviderCore

private let vault = VaultAddress(name: "payments", suffix: "vault.azure.net")

/// A response of Key Vault, through all steps of a mount.
let volumeTargets = [
    FuzzTarget("vault-volume", 8192) { bytes in
        var input = Input(bytes)
        let plan = plans[input.choice(of: plans.count)]
        let expected = VaultObjectID(object: plan.items[0].object, version: "", vault: vault)
        guard let bundle = try? VaultBundle.decode(input.secret, expecting: expected) else { return }
        let attributes = bundle.attributes
        for time in [attributes.created, attributes.updated, attributes.expires, attributes.notBefore] {
            if let time { require((0...253_402_300_799).contains(time), "the time \(time)") }
        }
        let version = FetchedVersion(bundle.item, attributes: attributes, vault: vault)
        let budget = MountBudget(MountBudget.Limits(steps: 2_000_000, bytes: 8 << 20))
        let result = budget.run { () -> Result<MountResponse, ProviderError> in
            Result { () throws(ProviderError) in
                try MountResponse(
                    plan, fetched: [[version]], conversion: ContentConversion(separatesCertificateAndKey: true),
                    now: 1_767_268_800)
            }
        }
        switch result {
        case .success(let response):
            require(!response.files.isEmpty, "a volume without files")
            let bytes = response.files.reduce(0) { $0 + $1.contents.count }
            require(bytes <= VolumeLimits.maximumBytes, "a volume of \(bytes) bytes")
            for file in response.files { require(MountPath.problem(with: file.path) == nil, "the path \(file.path)") }
        case .failure(let error): require(error.description.utf8.count <= 32 << 10, "a long error")
        }
    }
]

/// Classes that together use all settings for one object.
private let plans: [MountPlan] = [
    "objectType: secret",
    "objectType: secret, objectEncoding: base64, trim: space, encode: hex",
    "objectType: secret, minRemaining: 1h, respectNotBefore: true",
    #"objectType: secret, extract: {jmesPath: "a[?b].c | [0]"}"#,
    "objectType: secret, explode: {}",
    "objectType: secret, envFile: {}",
    "objectType: secret, outputs: [{part: leaf, fileName: a}, {part: key, fileName: b}]",
    "objectType: key",
    "objectType: cert",
].compactMap { settings in
    let objects = "array: [{objectName: name, objectAlias: file, \(settings)}]"
    let members = [
        "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team", "keyvaultName": "payments",
        "tenantID": "tenant", "metadataFile": "metadata.json",
        "files": "[{fileName: joined, template: '{{ file }} {{ file.a | default \"-\" | quote \"json\" }}'}]",
        "objects": objects,
    ]
    let json = members.map { "\(JSONWriter.quoted($0.key)):\(JSONWriter.quoted($0.value))" }.joined(separator: ",")
    guard
        let request = try? MountRequest(
            attributes: SecretBytes("{\(json)}"), secrets: SecretBytes(#"{"clientid":"a","clientsecret":"b"}"#),
            permission: "420", targetPath: "/volume"),
        let configuration = try? MountConfiguration(
            validating: request,
            MountConfiguration.Environment(
                defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: 1_767_268_800))
    else { fatalError("a class of the fuzz program is invalid: \(settings)") }
    return MountPlan(configuration)
}
