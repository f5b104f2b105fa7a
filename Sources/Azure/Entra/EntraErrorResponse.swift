internal import Crypto
internal import Documents
internal import ProviderCore
internal import SecretMemory

/// An error response of Entra's token endpoint.
///
/// The AADSTS number is used only for explanations. Whether a request is retried depends only on the status and the
/// OAuth error, because numbers and texts can change without notice.
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
        // The rest of the text is repeated in other members of the response.
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
        let answer = description.isEmpty ? "no explanation" : description.boundedAtWord(toBytes: 600)
        let message =
            "\(credential.name) authentication failed. Entra ID answered \(status)"
            + (oauthError.isEmpty ? "" : " \(oauthError.clipped)") + ": \(answer)"
        var context = claims?.context ?? []
        if case .certificate(let certificate) = credential { context += certificate.context }
        context += [("trace id", trace), ("correlation id", correlation)].filter { !$0.1.isEmpty }
        if trace.isEmpty, !service.isEmpty { context.append(("request id", service)) }
        let advice = EntraAdvice(number, presenting: credential, clientID: clientID, tenantID: tenantID)
        return ProviderError(
            code, message, cause: cause(advice.reason, credential, clientID: clientID, tenantID: tenantID),
            hint: code == .exchangeRefused ? advice.hint : nil, context: context)
    }

    /// Returns the refused client and the reason, or Entra's own description if the reason is not known.
    private func cause(
        _ reason: String?, _ credential: TokenExchange.Credential, clientID: String, tenantID: String
    ) -> String {
        let name = number.map { "AADSTS\($0)" } ?? "HTTP \(status)"
        let client = "client \(clientID.clipped) in tenant \(tenantID.clipped)"
        switch code {
        case .throttled: return "Entra ID throttles \(client) (\(name))"
        case .serviceUnavailable: return "Entra ID answered with HTTP \(status) (\(client))"
        case .answerMalformed: return "another server responded instead of Entra ID, with HTTP \(status)"
        default: break
        }
        let subject = credential.claims?.subject.map { " of \($0.clipped)" } ?? ""
        let refused = "Entra ID does not accept the \(credential.noun)\(subject) for \(client) (\(name))"
        if let reason { return "\(refused): \(reason)" }
        return description.isEmpty ? refused : "\(refused): \(shortDescription)"
    }

    /// The first sentences of Entra's description, without the number, which is shown before them.
    private var shortDescription: String {
        let end = number.map { "AADSTS\($0): " } ?? ""
        let text = description.hasPrefix(end) ? String(description.dropFirst(end.count)) : description
        return text.boundedAtWord(toBytes: 240)
    }

    private var code: ErrorCode {
        if status == 429 || oauthError == "temporarily_unavailable" { return .throttled }
        // Entra does not redirect token requests, so another server responded.
        if status < 400 { return .answerMalformed }
        return status >= 500 ? .serviceUnavailable : .exchangeRefused
    }
}

extension ClientCertificate {
    /// The certificate's thumbprint, to find it among an application's certificates, for an error's context.
    fileprivate var context: [(name: String, value: String)] {
        // The Azure portal lists SHA-1 thumbprints in upper-case hexadecimal digits.
        let digest = certificate.withExposed { Array(Insecure.SHA1.hash(data: $0)) }
        let hex = digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
        return [("certificate thumbprint", hex), ("certificate expires", notAfter)]
    }
}
