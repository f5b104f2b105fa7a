internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The fields of a service account token, for comparison with the configuration of Azure.
struct TokenInspection {
    var claims: TokenClaims
    var keyID: String?
    var algorithm: String?
    /// The time of issue in seconds since 1970.
    var issued: Int?
    var notBefore: Int?
    /// Whether the kubelet requested the token for a pod. `kubectl create token` does not bind a token to a pod.
    var isOfPod: Bool

    /// Returns nil if `token` is not a JWT.
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
