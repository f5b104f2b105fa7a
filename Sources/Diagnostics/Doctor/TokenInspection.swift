internal import Documents
internal import ProviderCore
internal import SecretMemory

/// What a service-account token says of itself, for comparison with what Azure is configured with.
struct TokenInspection {
    var claims: TokenClaims
    var keyID: String?
    var algorithm: String?
    /// Seconds since 1970.
    var issued: Int?
    var notBefore: Int?
    /// The kubelet requested it for a pod. `kubectl create token` binds a token to no pod.
    var isOfPod: Bool

    /// Nil when `token` is not a JWT.
    init?(_ token: SecretBytes) {
        guard let claims = TokenClaims(parsing: token), let header = Self.part(0, of: token),
            let payload = Self.part(1, of: token)
        else { return nil }
        self.claims = claims
        keyID = header["kid"]?.text
        algorithm = header["alg"]?.text
        issued = payload["iat"]?.seconds
        notBefore = payload["nbf"]?.seconds
        isOfPod = payload["kubernetes.io"]?.object?["pod"]?.object != nil
    }

    private static func part(_ index: Int, of token: SecretBytes) -> JSONObject? {
        let decoded: SecretBytes? = token.withExposed { bytes in
            let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            guard parts.count == 3 else { return nil }
            return Base64.decode(UnsafeRawBufferPointer(rebasing: parts[index]), alphabet: .url)
        }
        guard let decoded else { return nil }
        return (try? JSONParser.parse(decoded))?.object
    }
}
