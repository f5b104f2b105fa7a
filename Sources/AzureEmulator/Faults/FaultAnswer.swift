internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The answers that stand in place of the right one.
enum FaultAnswer {
    static let html = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"

    static func status(_ fault: Fault, now: Date) throws -> Response {
        let status = HTTPResponse.Status(code: fault.status ?? 503)
        return try Answer.vaultError(
            status, status.code == 429 ? "Throttled" : "Fault", "The emulator misbehaves on command.",
            headers: retryHeaders(fault, now: now))
    }

    /// What a gateway between the client and Azure would say.
    static func html(_ fault: Fault) -> Response {
        Response(
            status: HTTPResponse.Status(code: fault.status ?? 502), headers: [.contentType: "text/html"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    static func redirect(_ fault: Fault, _ request: Request) -> Response {
        let location = "https://\(fault.host ?? "attacker.example")\(request.uri.string)"
        return Response(
            status: HTTPResponse.Status(code: fault.status ?? 307), headers: [.location: location],
            body: ResponseBody())
    }

    /// A federated credential that this front end does not know yet.
    static let propagation = EntraDirectory.Refusal(
        status: 400, error: "invalid_request", number: 70021,
        text: "No matching federated identity record found for presented assertion.")

    /// A refusal of a token that asks for one for somebody else.
    static func foreignChallenge(_ fault: Fault, _ refusal: Response) -> Response {
        var response = refusal
        let host = fault.host ?? "attacker.example"
        response.headers[.wwwAuthenticate] =
            "Bearer authorization=\"https://login.\(host)/common\", resource=\"https://\(host)\""
        return response
    }

    private static func retryHeaders(_ fault: Fault, now: Date) -> HTTPFields {
        guard let wait = fault.retryAfter else { return [:] }
        let milliseconds = "\(Int((wait.inSeconds * 1000).rounded()))"
        switch fault.notation {
        case .seconds: return [.retryAfter: "\(Int(wait.inSeconds.rounded(.up)))"]
        case .date:
            let formatter = DateFormatter()
            formatter.locale = Locale(identifier: "en_US_POSIX")
            formatter.timeZone = TimeZone(secondsFromGMT: 0)
            formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
            return [.retryAfter: formatter.string(from: now.addingTimeInterval(wait.inSeconds))]
        case .milliseconds: return [HTTPField.Name("retry-after-ms") ?? .retryAfter: milliseconds]
        case .vendorMilliseconds: return [HTTPField.Name("x-ms-retry-after-ms") ?? .retryAfter: milliseconds]
        }
    }
}
