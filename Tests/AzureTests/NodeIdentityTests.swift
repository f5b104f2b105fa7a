import Azure
import AzureTestSupport
import Foundation
import ProviderCore
import SecretMemory
import Synchronization
import TestSupport
import Testing

@Suite("The node's token services")
struct NodeIdentityTests {
    /// The error of a mount in the mode that `parameter` switches on.
    private static func token(
        _ parameter: String, _ transport: any HTTPTransport, _ time: TimeSource
    ) async throws -> AccessToken {
        let attributes = [
            parameter: "true", "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team",
            "keyvaultName": "vault", "tenantID": "tenant",
            "objects": "array:\n  - |\n    objectName: plain\n    objectType: secret\n",
        ]
        let request = try MountRequest(
            attributes: SecretBytes(try JSONEncoder().encode(attributes)), secrets: SecretBytes("null"),
            permission: "420", targetPath: "/unused")
        let validated = try MountConfiguration(
            validating: request,
            MountConfiguration.Environment(defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: 0))
        return try await AccessTokenSource(settings: .init(), transport: transport, time: time).token(
            for: validated.authentication, resource: "https://vault.azure.net", priority: .firstMount,
            until: time.deadline(after: .seconds(300)))
    }

    @Test(
        "a token service is retried six times with growing delays during an update",
        arguments: [404, 410, 429, 500, 501, 503, 505, 511])
    func metadataServiceAway(status: Int) async throws {
        let time = ManualTime()
        let answers = Array(repeating: FakeAzure.response(status), count: 6)
        let success = FakeAzure.response(200, #"{"access_token":"t","expires_in":"86399"}"#)
        let transport = FakeAzure(responses: answers + [success])
        _ = try await Self.token("useVMManagedIdentity", transport, time.source)
        #expect(time.sleeps == [2, 4, 8, 16, 25, 25].map { .seconds($0) })
        let short = FakeAzure(responses: answers + [FakeAzure.response(status), success])
        await #expect(throws: ProviderError.self) {
            _ = try await Self.token("useVMManagedIdentity", short, ManualTime().source)
        }
    }

    @Test("requests have a timeout of 100 seconds, because aad-pod-identity first assigns the identity")
    func podIdentityTimeout() async throws {
        let body = #"{"token":{"access_token":"t","expires_in":"3599"},"clientid":"c"}"#
        let transport = FakeAzure(responses: [FakeAzure.response(200, body)])
        _ = try await Self.token("usePodIdentity", transport, ManualTime().source)
        #expect(transport.state.withLock { $0.timeouts } == [.seconds(100)])
    }
}
