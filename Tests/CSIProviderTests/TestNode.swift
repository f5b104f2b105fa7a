import Azure
import AzureTestSupport
import Budgets
import CSIProvider
import Foundation
import Kubernetes
import ProviderCore
import SecretMemory

/// A node with one provider and a `FakeAzure`.
struct TestNode: Sendable {
    let azure = FakeAzure()
    let log = RecordedLog()
    let provider: ProviderServer

    var mounts: MountPipeline { provider.pipeline }

    init(
        policy: PolicyFile? = nil, audit: AuditLog.Level = .off, apiServer: FakeAPIServer? = nil,
        events: KubernetesClient.Configuration? = nil, annotations: KubernetesClient.Configuration? = nil,
        limits: MountBudget.Limits = MountBudget.Limits(),
        _ change: (inout CacheSettings) -> Void = { _ in }
    ) {
        var cache = CacheSettings()
        change(&cache)
        var configuration = ProviderConfiguration.unserved(.default(cache: cache, policy: policy))
        configuration.mounts.limits = limits
        configuration.audit = audit
        configuration.events = events
        configuration.nodeName = "node-1"
        configuration.serviceAccountAnnotations = annotations
        provider = ProviderServer.make(
            configuration, transport: azure, apiServer: apiServer, time: azure.time, logger: log.logger)
        azure.change { state in
            state.secrets = [
                "kv-a user": FakeAzure.Secret(version: 1, value: "user1"),
                "kv-a password": FakeAzure.Secret(version: 1, value: "password1"),
                "kv-b user": FakeAzure.Secret(version: 1, value: "other user"),
            ]
            state.roles = ["app-1 kv-a", "app-2 kv-a", "app-1 kv-b"]
            state.federation = ["app-1 sa-1", "app-2 sa-2", "app-1 sa-3"]
        }
    }

    /// A pod and the request for its volume.
    struct Pod: Sendable {
        var name = "pod"
        var namespace = "team"
        var serviceAccount = "sa-1"
        var client = "app-1"
        var vault = "kv-a"
        var tenant = "tenant"
        var objects = ["user"]
        var version = ""
        /// A number that makes assertions of the same account different.
        var serial = 0
        /// When the assertion expires, in seconds since 1970.
        var expiry = 9_999_999_999
        var parameters: [String: String] = [:]
        /// The content of nodePublishSecretRef, as JSON.
        var secrets = "null"
    }

    /// A pod whose class lists `objects`, each in YAML's flow notation.
    static func pod(_ objects: String..., parameters: [String: String] = [:]) -> Pod {
        var pod = Pod()
        pod.parameters = parameters.merging(["objects": "array: [\(objects.joined(separator: ", "))]"]) { $1 }
        return pod
    }

    /// The driver's attributes for a pod's volume, as JSON.
    func attributes(_ pod: Pod) throws -> Data {
        let claims =
            #"{"iss":"i","sub":"\#(pod.serviceAccount)","aud":"api://AzureADTokenExchange","exp":\#(pod.expiry),"n":\#(pod.serial)}"#
        let token = "e30.\(Data(claims.utf8).base64EncodedString().filter { $0 != "=" }).c2ln"
        var attributes = [
            "csi.storage.k8s.io/pod.name": pod.name, "csi.storage.k8s.io/pod.namespace": pod.namespace,
            "csi.storage.k8s.io/pod.uid": "uid", "csi.storage.k8s.io/serviceAccount.name": pod.serviceAccount,
            "clientID": pod.client, "keyvaultName": pod.vault, "tenantID": pod.tenant,
            "objects": "array:\n"
                + pod.objects.map {
                    "  - |\n    objectName: \($0)\n    objectType: secret\n    objectVersion: \"\(pod.version)\"\n"
                }.joined(),
            ServiceAccountTokens.attribute: #"{"api://AzureADTokenExchange":{"token":"\#(token)"}}"#,
        ]
        attributes.merge(pod.parameters) { $1 }
        return try JSONSerialization.data(withJSONObject: attributes, options: .sortedKeys)
    }

    static func targetPath(_ pod: Pod) -> String { "/pods/\(pod.namespace)/\(pod.name)" }

    /// The files, or the code of the error.
    func mount(_ pod: Pod, secondsLeft: Double = 110) async throws -> [String: String] {
        let answer = try await answer(pod, secondsLeft: secondsLeft)
        return Dictionary(
            uniqueKeysWithValues: answer.files.map { file in
                (file.path, file.contents.withExposed { String(decoding: $0, as: UTF8.self) })
            })
    }

    /// The versions that are reported to the driver, by id.
    func versions(_ pod: Pod) async throws -> [String: String] {
        Dictionary(try await answer(pod).versions.map { ($0.id, $0.version) }) { $1 }
    }

    func answer(_ pod: Pod, secondsLeft: Double = 110) async throws -> MountResponse {
        var request = try MountRequest(
            attributes: SecretBytes(try attributes(pod)), secrets: SecretBytes(pod.secrets), permission: "420",
            targetPath: Self.targetPath(pod))
        let work = mounts.work(secondsLeft: secondsLeft)
        request = try await mounts.resolvingClient(of: request, work)
        let authorized = try await mounts.authorize(mounts.validate(request, work), work)
        return try await mounts.mount(authorized, into: VolumeFingerprint(request), work).response
    }

    /// The error's code; nil if the mount succeeds.
    func failure(_ pod: Pod) async throws -> ErrorCode? { try await error(pod)?.code }

    /// The error; nil if the mount succeeds.
    func error(_ pod: Pod) async throws -> ProviderError? {
        do {
            _ = try await mount(pod)
            return nil
        } catch let error as ProviderError {
            return error
        }
    }
}
