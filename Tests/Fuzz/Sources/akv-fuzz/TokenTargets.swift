internal import Dispatch
internal import Documents
internal import ProviderCore
internal import SecretMemory
internal import Synchronization

@testable internal import Azure

/// Responses of Entra and of the node's token services.
let tokenTargets = [
    FuzzTarget("entra", 4096) { bytes in
        var input = Input(bytes)
        let claims = input.line()
        let jwt = claims.utf8.withContiguousStorageIfAvailable { base64URL(UnsafeRawBufferPointer($0)) } ?? ""
        let assertion = SecretBytes("e30.\(jwt).\(marker)")
        let token = JSONWriter.quoted(
            "{\"\(ServiceAccountTokens.workloadIdentityAudience)\":{\"token\":\"\(assertion.shownText)\"}}")
        checkTokens(
            "\"clientID\":\"c\",\"\(ServiceAccountTokens.attribute)\":\(token)", response(&input))
    },
    FuzzTarget("metadata-service", 4096) { bytes in
        var input = Input(bytes)
        checkTokens("\"useVMManagedIdentity\":\"true\",\"userAssignedIdentityID\":\"i\"", response(&input))
    },
    FuzzTarget("pod-identity", 4096) { bytes in
        var input = Input(bytes)
        checkTokens("\"usePodIdentity\":\"true\"", response(&input))
    },
]

private func response(_ input: inout Input) -> HTTPResponse {
    let statuses = [200, 200, 200, 302, 400, 401, 403, 404, 410, 429, 500, 503]
    let status = statuses[input.choice(of: statuses.count)]
    let header = input.line()
    return HTTPResponse(status: status, headers: [("Retry-After", header)], body: input.secret)
}

/// Requests a token twice, so that the second request can use the cached token.
private func checkTokens(_ identity: String, _ response: HTTPResponse) {
    let attributes = """
        {"csi.storage.k8s.io/pod.name":"p","csi.storage.k8s.io/pod.namespace":"n","keyvaultName":"vault",\(identity),
        "tenantID":"t","objects":"array:\\n- objectName: a\\n  objectType: secret"}
        """
    guard
        let request = try? MountRequest(
            attributes: SecretBytes(attributes), secrets: SecretBytes("null"), permission: "420", targetPath: "/"),
        let attributes = try? MountConfiguration(
            validating: request,
            MountConfiguration.Environment(
                defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: 1_767_268_800))
    else { return }
    let time = ManualClock()
    let source = AccessTokenSource(
        settings: AccessTokenSource.Settings(), transport: FixedResponse(response: response), time: time.source)
    let isDone = DispatchSemaphore(value: 0)
    Task {
        for _ in 0..<2 {
            do throws(ProviderError) {
                let token = try await source.token(
                    for: attributes.authentication, resource: "https://vault.azure.net", priority: .firstMount,
                    until: time.source.deadline(after: .seconds(100)))
                require(!token.secret.isEmpty, "an empty token is accepted")
            } catch {
                requireDiscreet(error)
                require(error.description.utf8.count < 20_000, "an error of \(error.description.utf8.count) bytes")
            }
        }
        isDone.signal()
    }
    isDone.wait()
}

private struct FixedResponse: HTTPTransport {
    var response: HTTPResponse

    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        require(request.url.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "the URL \(request.url.debugDescription)")
        return response
    }
}

/// A clock that advances only by sleeping, and so without waiting.
private final class ManualClock: Sendable {
    private let now = Mutex(Duration.zero)

    var source: TimeSource {
        TimeSource(
            wallClock: { 1_767_268_800 }, elapsed: { self.now.withLock { $0 } },
            sleep: { duration throws(CancellationError) in
                require(duration >= .zero && duration <= .seconds(86_400), "a pause of \(duration)")
                self.now.withLock { $0 += duration }
            },
            random: { 0.5 })
    }
}
