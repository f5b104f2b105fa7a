internal import Documents
internal import ProviderCore
internal import SecretMemory

/// The steps that need only the token and the class.
struct TokenSteps {
    let token: SecretBytes?
    let mode: IdentityMode
    let namespace: String
    let serviceAccount: String
    /// The audiences in the CSIDriver's tokenRequests; nil if the manifests do not contain the CSIDriver.
    let driverAudiences: [String]?
    /// The time in seconds since 1970, corrected if this machine's clock is wrong.
    let now: Int
    /// Whether `now` was compared with Azure's clocks.
    let isClockKnown: Bool

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
                    "token-given", "Token", .failed, "the given text is not a JSON Web Token", fix: request)
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
            fix: isRight ? "" : audienceFix(inspection))
    }

    /// Returns the fix for a wrong audience. A token that was created manually has the audience of that command, and a
    /// pod's token has one of the CSIDriver's audiences.
    private func audienceFix(_ inspection: TokenInspection) -> String {
        if !inspection.isOfPod { return request }
        if driverAudiences?.contains(audience) == true {
            return "the CSIDriver requests \(audience), and this token comes from elsewhere; make one: \(request)"
        }
        let value: JSONOutput = ["audience": .text(audience)]
        // The command appends, because a merge patch would replace the list, and other providers need their audiences.
        let patch: JSONOutput = .array([["op": "add", "path": "/spec/tokenRequests/-", "value": value]])
        return "add - audience: \(audience) to the Helm value tokenRequests of the Secrets Store CSI driver"
            + " (secrets-store-csi-driver.tokenRequests in this provider's chart); for a driver without Helm: "
            + "kubectl patch csidriver \(Workload.driver) --type json --patch \(patch.compact.shellQuoted)"
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
                .failed,
                "the token is valid only from \(Timestamp.text(start)) on: "
                    + (isClockKnown
                        ? "the clock of the API server that signed it is ahead" : "this machine's clock is behind"),
                "timedatectl set-ntp true" + (isClockKnown ? " on the control plane's machines" : ""))
        }
        return step(.passed, "valid")
    }
}
