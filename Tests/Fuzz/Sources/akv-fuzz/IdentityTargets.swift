internal import Documents
internal import ProviderCore
internal import SecretMemory

private let audience = ServiceAccountTokens.workloadIdentityAudience

/// Pod credentials: service account tokens, and the secrets of `nodePublishSecretRef`.
let identityTargets = [
    FuzzTarget("service-account-tokens", 2048) { bytes in
        let document = JSONWriter.quoted(Input(bytes).text)
        guard let request = request(attributes: "{\"\(ServiceAccountTokens.attribute)\":\(document)}"),
            let token = try? ServiceAccountTokens.token(for: audience, in: request, now: 1_767_268_800)
        else { return }
        require(!token.assertion.isEmpty, "an empty token is accepted")
        let expiry = token.claims?.expiry ?? .max
        require(expiry > 1_767_268_800, "an expired token is accepted")
        let audiences = token.claims?.audiences ?? []
        require(audiences.isEmpty || audiences.contains(audience), "a token for \(audiences) is accepted")
    },
    FuzzTarget("claims", 2048) { bytes in
        // The signature holds the marker: it must not appear in errors, because it makes the token usable.
        let token = "e30.\(base64URL(bytes)).\(marker)"
        if let claims = TokenClaims(parsing: SecretBytes(token)) { _ = claims.context.map(\.value) }
        let document = JSONWriter.quoted("{\"\(audience)\":{\"token\":\"\(token)\"}}")
        guard let request = request(attributes: "{\"\(ServiceAccountTokens.attribute)\":\(document)}") else { return }
        do throws(ProviderError) {
            _ = try ServiceAccountTokens.token(for: audience, in: request, now: 1_767_268_800)
        } catch {
            requireDiscreet(error)
        }
    },
    FuzzTarget("jwt", 2048) { bytes in
        _ = TokenClaims(parsing: SecretBytes(copying: bytes))?.context
    },
    FuzzTarget("secrets", 4096) { bytes in
        let attributes = """
            {"csi.storage.k8s.io/pod.name":"p","csi.storage.k8s.io/pod.namespace":"n","keyvaultName":"vault",
            "tenantID":"t","objects":"array:\\n- objectName: a\\n  objectType: secret"}
            """
        checkRequest(attributes: SecretBytes(attributes), secrets: SecretBytes(copying: bytes))
    },
    FuzzTarget("client-certificate", 8192) { bytes in
        // Once alone, and once with the marker after it, as a secret might follow in the same file.
        for text in [SecretBytes(copying: bytes), SecretBytes(Array(bytes) + Array(marker.utf8))] {
            do throws(ClientCertificateError) {
                let certificate = try ClientCertificate(parsing: text, password: SecretBytes(marker))
                require(!certificate.proof.isEmpty, "the proof of a certificate is empty")
            } catch {
                require(!(error.reason + error.hint).contains(marker), "the error shows a secret: \(error)")
            }
        }
    },
]

private func request(attributes: String) -> MountRequest? {
    let request = try? MountRequest(
        attributes: SecretBytes(attributes), secrets: SecretBytes("null"), permission: "420", targetPath: "/")
    require(request != nil, "valid attributes are refused")
    return request
}

func base64URL(_ bytes: UnsafeRawBufferPointer) -> String {
    var builder = SecretBytesBuilder()
    Base64.encode(bytes, into: &builder)
    return builder.finish().shownText.replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
}
