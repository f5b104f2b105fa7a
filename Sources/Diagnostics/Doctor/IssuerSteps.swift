internal import Azure
internal import Documents
internal import SecretMemory

/// The steps for the cluster's issuer as Entra sees it: its address, its discovery document and its keys.
struct IssuerSteps {
    let settings: Doctor.Settings
    let issuer: String
    let keyID: String?

    /// Only the exchange shows what Entra sees. Something that is unusual from this machine may be right for Entra.
    private static let fromHere = "; from here, which need not be what Entra sees"

    func steps() async -> [DoctorStep] {
        if let problem = shape() {
            return [
                DoctorStep(
                    "issuer-address", "Issuer", .failed, problem,
                    fix:
                        "give the API server an issuer that Entra can reach: --service-account-issuer=https://<public host>/ (AKS: az aks update --enable-oidc-issuer)"
                )
            ]
        }
        var steps = [DoctorStep("issuer-address", "Issuer", .passed, issuer.clipped)]
        let start = settings.time.elapsed()
        let address = "\(issuer.droppingTrailingSlashes())/.well-known/openid-configuration"
        switch await document(address) {
        case .failure(let reason):
            steps.append(
                DoctorStep(
                    "issuer-discovery", "Issuer: discovery", .warning, reason.text + Self.fromHere,
                    fix: "curl --fail \(address.clipped.shellQuoted) from the internet",
                    duration: settings.time.elapsed() - start))
            return steps
        case .success(let discovery):
            let named = discovery["issuer"]?.text ?? "no issuer"
            steps.append(
                DoctorStep(
                    "issuer-discovery", "Issuer: discovery", named == issuer ? .passed : .failed,
                    named == issuer
                        ? "names itself as the token does"
                        : "the document is of \(named.clipped), the token of \(issuer.clipped): they must match to the letter, slash at the end included",
                    fix: named == issuer
                        ? ""
                        : "kubectl get --raw /.well-known/openid-configuration > openid-configuration.json, and publish it at \(address.clipped)",
                    duration: settings.time.elapsed() - start))
            guard let keys = discovery["jwks_uri"]?.text else { return steps }
            steps.append(await self.keys(at: keys))
        }
        return steps
    }

    /// Returns why Entra cannot reach the issuer, if this does not depend on the network.
    private func shape() -> String? {
        guard issuer.hasPrefix("https://") else { return "the issuer \(issuer.clipped) is not an https URL" }
        if HostKind.isPrivate(String(issuer.dropFirst("https://".count).prefix { $0 != "/" && $0 != ":" })) {
            return "the issuer \(issuer.clipped) exists inside the cluster only, so Entra cannot fetch its keys"
        }
        return nil
    }

    private func keys(at address: String) async -> DoctorStep {
        let start = settings.time.elapsed()
        let title = "Issuer: keys"
        switch await document(address) {
        case .failure(let reason):
            return DoctorStep(
                "issuer-keys", title, .warning, reason.text + Self.fromHere,
                fix: "curl --fail \(address.clipped.shellQuoted)")
        case .success(let document):
            let identifiers = (document["keys"]?.array ?? []).compactMap { $0.object?["kid"]?.text }
            let isThere = keyID.map(identifiers.contains) ?? false
            return DoctorStep(
                "issuer-keys", title, isThere ? .passed : .failed,
                isThere
                    ? "the key that signed the token is published"
                    : "the key \(keyID?.clipped ?? "without id") that signed the token is not among the \(identifiers.count) published",
                evidence: [("published", identifiers.prefix(8).joined(separator: " ").clipped)],
                fix: isThere
                    ? "" : "kubectl get --raw /openid/v1/jwks > jwks.json, and publish it at \(address.clipped)",
                duration: settings.time.elapsed() - start)
        }
    }

    private func document(_ address: String) async -> Result<JSONObject, IssuerError> {
        do throws(TransportError) {
            let response = try await settings.transport.send(
                HTTPRequest(.get, address, headers: [("Accept", "application/json")], maximumResponseBytes: 1 << 20),
                timeout: settings.timeout)
            guard response.status == 200, let object = response.json else {
                return .failure(
                    IssuerError(text: "\(address.clipped) answers \(response.status) without a JSON document"))
            }
            return .success(object)
        } catch {
            return .failure(IssuerError(text: "\(address.clipped): \(error.reason)"))
        }
    }
}

private struct IssuerError: Error {
    var text: String
}
