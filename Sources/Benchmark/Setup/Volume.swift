internal import Foundation
internal import ProviderTransport

/// A pod's volume: the call that mounts it, and what must come back.
struct Volume: Sendable {
    let request: MountRequestMessage
    private let expected: [(path: String, contents: [UInt8])]

    /// `number` tells pods apart; the same number with another token is the same pod later on. `valueOf`
    /// says what each secret holds.
    init(
        pod number: Int, of tenant: BenchSeed.Tenant, token: PodToken, secrets: [String],
        valueOf: (String) -> [UInt8] = { Array(BenchSeed.value(of: $0).utf8) }
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

    /// How long the provider takes; only the call is on the clock. What came back is held to what the
    /// vault holds.
    func mount(through client: RPCClient) async throws -> Duration {
        let start = ContinuousClock.now
        let answer: MountResponseMessage
        do {
            answer = try await client.mount(request, timeout: .seconds(110))
        } catch {
            throw BenchmarkFailure("a mount failed with \(error.code.name): \(error.message)")
        }
        let duration = ContinuousClock.now - start
        guard answer.errorCode.isEmpty, answer.objectVersions.count == expected.count,
            answer.files.map(\.path) == expected.map(\.path),
            zip(answer.files, expected).allSatisfy({ Self.isSame($0.contents, $1.contents) })
        else { throw BenchmarkFailure("a mount's files are not what the vault holds") }
        return duration
    }

    /// The same for a mount that must fail.
    func fail(through client: RPCClient, with code: RPCCode) async throws -> Duration {
        let start = ContinuousClock.now
        do {
            _ = try await client.mount(request, timeout: .seconds(110))
        } catch {
            let duration = ContinuousClock.now - start
            guard error.code == code else {
                throw BenchmarkFailure("a mount failed with \(error.code.name) for \(code.name): \(error.message)")
            }
            return duration
        }
        throw BenchmarkFailure("a mount went well that must fail with \(code.name)")
    }

    // In one step: a debug build compares arrays element by element.
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
