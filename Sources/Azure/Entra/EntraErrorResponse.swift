internal import Crypto
internal import Documents
internal import ProviderCore
internal import SecretMemory

/// An error answer of Entra's token endpoint.
///
/// The AADSTS number only explains: whether to try again is decided by status and OAuth error alone,
/// because numbers and texts change without notice.
struct EntraErrorResponse {
    private let status: Int
    private let oauthError: String
    private let description: String
    private let number: Int?
    private let trace: String
    private let correlation: String
    private let service: String

    init(_ response: HTTPResponse) {
        let body = response.json
        status = response.status
        oauthError = body?["error"]?.text ?? ""
        let text = body?["error_description"]?.text ?? ""
        number = body?["error_codes"]?.array?.first?.integer ?? Self.number(in: text)
        // What follows is repeated in members of its own.
        let end = text.firstRange(of: "Trace ID:")?.lowerBound ?? text.endIndex
        description = text[..<end].split(whereSeparator: \.isWhitespace).joined(separator: " ")
        trace = body?["trace_id"]?.text ?? ""
        correlation = body?["correlation_id"]?.text ?? ""
        service = response.header("x-ms-request-id") ?? ""
    }

    private static func number(in text: String) -> Int? {
        guard let range = text.firstRange(of: "AADSTS") else { return nil }
        return Int(text[range.upperBound...].prefix { $0.isNumber })
    }

    func error(
        presenting credential: TokenExchange.Credential, clientID: String, tenantID: String
    ) -> ProviderError {
        let claims = credential.claims
        let answer = description.isEmpty ? "no explanation" : String(description.prefix(300))
        let message =
            "\(credential.name) authentication failed. Entra ID answered \(status)"
            + (oauthError.isEmpty ? "" : " \(oauthError.clipped)") + ": \(answer)"
        var context = claims?.context ?? []
        if case .certificate(let certificate) = credential { context += certificate.context }
        context += [("trace id", trace), ("correlation id", correlation)].filter { !$0.1.isEmpty }
        if trace.isEmpty, !service.isEmpty { context.append(("request id", service)) }
        return ProviderError(
            code, message, hint: advice(presenting: credential, clientID: clientID, tenantID: tenantID),
            context: context)
    }

    private var code: ErrorCode {
        if status == 429 || oauthError == "temporarily_unavailable" { return .throttled }
        // Entra redirects nobody here: whoever does answers in its place.
        if status < 400 { return .answerMalformed }
        return status >= 500 ? .serviceUnavailable : .exchangeRefused
    }

    /// What a human has to do, for the numbers that mean something definite here.
    private func advice(
        presenting credential: TokenExchange.Credential, clientID: String, tenantID: String
    ) -> String? {
        if case .certificate = credential, let advice = certificateAdvice(clientID: clientID) { return advice }
        let claims = credential.claims
        let issuer = claims?.issuer?.clipped ?? "<the cluster's OIDC issuer URL>"
        let subject = claims?.subject?.clipped ?? "system:serviceaccount:<namespace>:<service account>"
        let create = AzureCommand.federatedCredential(
            subject: subject, clientID: clientID.clipped, issuer: issuer)
        switch number {
        case 70021, 70025, 700213:
            return "no federated credential of this identity has this subject; create it: \(create)"
                + " (a new one takes some minutes to be seen)"
        case 7002138:
            return "the subject of the federated credential differs in letter case only; create it anew: \(create)"
        case 700211:
            return "no federated credential of this identity has this issuer, which must match to the letter,"
                + " slash at the end included: \(create)"
        case 700212, 7002121:
            return "the federated credential must have the audience api://AzureADTokenExchange, and so must"
                + " spec.tokenRequests of the CSIDriver object"
        case 700016, 700011:
            return
                "no application with this client id exists in tenant \(tenantID.clipped); check clientID and tenantID"
        case 700024, 50013, 500133:
            return "the service account token is outside its validity; check the node's clock"
        case 700027, 7_000_272:
            return
                "Entra does not know the key that signed the token; check that the issuer's published JWKS is current"
        case 90061: return "Entra cannot fetch the issuer's discovery document; make \(issuer) publicly reachable"
        case 90002, 900023:
            return "the tenant \(tenantID.clipped) does not exist in this cloud; check tenantID and cloudName"
        case 7_000_215:
            return
                "the client secret is wrong; put the secret's value, not its id, into the Secret of nodePublishSecretRef"
        case 7_000_222:
            return "the client secret has expired; make a new one, or move to workload identity, which needs none"
        case 900382, 900432, 90038:
            return "the tenant \(tenantID.clipped) is of another cloud than the class says; check cloudName"
        case 7_000_112:
            return
                "the application is disabled: az ad sp update --id \(clientID.clipped.shellQuoted) --set accountEnabled=true"
        case 500021, 500022:
            return "the network's tenant restrictions do not let tenant \(tenantID.clipped) through;"
                + " ask who runs the proxy between the node and Entra"
        case 500011, 50001: return "this tenant has no Key Vault in this cloud; check cloudName"
        case 53003:
            return
                "a Conditional Access policy blocks this identity from the node's address; ask the tenant's administrator"
        default: return nil
        }
    }

    /// The same, where an application's certificate was presented.
    private func certificateAdvice(clientID: String) -> String? {
        switch number {
        case 700027, 50012:
            return
                "register the certificate on the application: az ad app credential reset --id \(clientID.clipped.shellQuoted)"
                + " --append --cert @certificate.pem"
        case 700024, 50013, 500133:
            return "the assertion that the provider signed is outside its ten minutes; check the node's clock"
        default: return nil
        }
    }
}

extension ClientCertificate {
    /// What finds it among an application's certificates, for an error's context.
    fileprivate var context: [(name: String, value: String)] {
        // The portal lists SHA-1 thumbprints in upper-case hex.
        let digest = certificate.withExposed { Array(Insecure.SHA1.hash(data: $0)) }
        let hex = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
        return [("certificate thumbprint", hex), ("certificate expires", notAfter)]
    }
}
