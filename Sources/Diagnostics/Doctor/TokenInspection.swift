internal import Documents
internal import ProviderCore
internal import SecretMemory

/// What a service-account token says of itself, for comparison with what Azure has been told.
struct TokenInspection {
    var claims: TokenClaims
    var keyID: String?
    var algorithm: String?
    /// Seconds since 1970.
    var issued: Int?
    var notBefore: Int?

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

/// The steps that need nothing but the token and the class.
struct TokenSteps {
    let token: SecretBytes?
    let mode: IdentityMode
    let namespace: String
    let serviceAccount: String
    let now: Int

    private var audience: String {
        mode == .azureTokenProxy
            ? ServiceAccountTokens.identityBindingAudience : ServiceAccountTokens.workloadIdentityAudience
    }

    private var request: String {
        "kubectl create token \(serviceAccount.shellWord) --namespace \(namespace.shellWord) --audience \(audience) > token"
    }

    func steps() -> [DoctorStep] {
        guard let token else {
            return [
                DoctorStep(
                    "token-given", "Token", .failed, "no token of the pod's service account is given",
                    fix: "\(request); then --token-file token")
            ]
        }
        guard let inspection = TokenInspection(token) else {
            return [
                DoctorStep(
                    "token-given", "Token", .failed, "what is given is no JSON Web Token", fix: request)
            ]
        }
        return [given(inspection), audience(inspection), subject(inspection), time(inspection)]
    }

    private func given(_ inspection: TokenInspection) -> DoctorStep {
        let isSigned = inspection.algorithm == "RS256"
        return DoctorStep(
            "token-given", "Token", isSigned ? .passed : .failed,
            isSigned
                ? "a service account token"
                : "Entra takes tokens signed with RS256, not \(inspection.algorithm ?? "none")",
            evidence: inspection.claims.context + [("key id", inspection.keyID?.clipped ?? "none")],
            fix: isSigned ? "" : "start the API server with an RSA key for --service-account-signing-key-file")
    }

    private func audience(_ inspection: TokenInspection) -> DoctorStep {
        let isRight = inspection.claims.audiences.contains(audience)
        return DoctorStep(
            "token-audience", "Audience", isRight ? .passed : .failed,
            isRight
                ? audience
                : "the token is for \(inspection.claims.audiences.joined(separator: " ").clipped), not \(audience)",
            fix: isRight
                ? ""
                : "kubectl patch csidriver \(Workload.driver) --type merge --patch \(Self.patch(audience).shellQuoted)"
        )
    }

    private static func patch(_ audience: String) -> String {
        let request: JSONOutput = ["audience": .text(audience)]
        let patch: JSONOutput = ["spec": ["tokenRequests": .array([request])]]
        return patch.compact
    }

    private func subject(_ inspection: TokenInspection) -> DoctorStep {
        let wanted = "system:serviceaccount:\(namespace):\(serviceAccount)"
        let found = inspection.claims.subject ?? "none"
        guard found != wanted else { return DoctorStep("token-subject", "Subject", .passed, wanted) }
        return DoctorStep(
            "token-subject", "Subject", .failed, "the token is of \(found.clipped), the pod's account is \(wanted)",
            fix: "set serviceAccountName: \(serviceAccount) on the pod, or try with the pod's own token: \(request)")
    }

    private func time(_ inspection: TokenInspection) -> DoctorStep {
        func step(_ status: DoctorStep.Status, _ detail: String, _ fix: String = "") -> DoctorStep {
            DoctorStep(
                "token-time", "Validity", status, detail,
                evidence: [
                    ("issued", inspection.issued.map(Timestamp.text) ?? "unknown"),
                    ("expires", inspection.claims.expiry.map(Timestamp.text) ?? "never"), ("now", Timestamp.text(now)),
                ], fix: fix)
        }
        if let expiry = inspection.claims.expiry, expiry <= now {
            return step(.failed, "the token expired at \(Timestamp.text(expiry))", request)
        }
        if let start = inspection.notBefore ?? inspection.issued, start > now + 300 {
            return step(
                .failed, "the token is valid only from \(Timestamp.text(start)) on: this machine's clock is behind",
                "timedatectl set-ntp true")
        }
        return step(.passed, "valid")
    }
}
