internal import Foundation
internal import ProviderTransport

/// A pod's volume: the Mount request, and the expected files.
struct Volume: Sendable {
    let request: MountRequestMessage
    private let expected: [(path: String, contents: [UInt8])]

    /// - Parameters:
    ///   - number: identifies the pod. The same number with another token is the same pod at a later time.
    ///   - valueOf: returns the value of a secret.
    init(
        pod number: Int, of tenant: EmulatorSeed.Tenant, token: PodToken, secrets: [String],
        valueOf: (String) -> [UInt8] = { Array(EmulatorSeed.value(of: $0).utf8) }
    ) throws {
        let objects = secrets.map { "  - |\n    objectName: \($0)\n    objectType: secret\n" }.joined()
        let attributes = [
            "csi.storage.k8s.io/ephemeral": "true",
            "csi.storage.k8s.io/pod.name": "app-\(number)",
            "csi.storage.k8s.io/pod.namespace": tenant.namespace,
            "csi.storage.k8s.io/pod.uid": "00000000-0000-4000-8000-\(number)",
            "csi.storage.k8s.io/serviceAccount.name": tenant.serviceAccount,
            "csi.storage.k8s.io/serviceAccount.tokens": token.attribute,
            "secretProviderClass": "bench",
            "clientID": tenant.clientID,
            "keyvaultName": tenant.vault,
            "tenantID": tenant.tenantID,
            "objects": "array:\n\(objects)",
        ]
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        request = MountRequestMessage(
            attributes: Array(try encoder.encode(attributes)), secrets: Array("null".utf8),
            targetPath: "/var/lib/kubelet/pods/\(number)/volumes/kubernetes.io~csi/secrets/mount", permission: "420")
        expected = secrets.map { ($0, valueOf($0)) }
    }

    /// Mounts the volume and returns the duration of the call. Throws if the files do not have the values of the vault;
    /// the duration does not include this comparison.
    func mount(through client: RPCClient) async throws -> Duration {
        let start = ContinuousClock.now
        let response: ReceivedMountResponse
        do {
            response = try await client.mount(request, timeout: .seconds(110))
        } catch {
            throw BenchmarkError("a mount failed with \(error.code.name): \(error.message)")
        }
        let duration = ContinuousClock.now - start
        guard response.errorCode.isEmpty, response.objectVersions.count == expected.count,
            response.files.map(\.path) == expected.map(\.path),
            zip(response.files, expected).allSatisfy({ Self.isSame($0.contents, $1.contents) })
        else { throw BenchmarkError("the files of a mount differ from the vault") }
        return duration
    }

    /// Mounts a volume that the provider must refuse with `code`, and returns the duration of the call.
    func mountExpectingFailure(through client: RPCClient, with code: RPCCode) async throws -> Duration {
        let start = ContinuousClock.now
        do {
            _ = try await client.mount(request, timeout: .seconds(110))
        } catch {
            let duration = ContinuousClock.now - start
            guard error.code == code else {
                throw BenchmarkError("a mount failed with \(error.code.name) instead of \(code.name): \(error.message)")
            }
            return duration
        }
        throw BenchmarkError("a mount succeeded that must fail with \(code.name)")
    }

    // memcmp, because a debug build compares arrays slowly, element by element.
    private static func isSame(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { left in
            right.withUnsafeBytes { right in
                guard let one = left.baseAddress, let other = right.baseAddress else { return true }
                return memcmp(one, other, left.count) == 0
            }
        }
    }
}
