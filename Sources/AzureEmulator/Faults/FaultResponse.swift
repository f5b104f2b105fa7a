internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The responses that a fault sends instead of the service's own.
enum FaultResponse {
    static let html = "<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>\n"

    /// A response with the fault's status and, if it has one, the time after which to retry.
    static func status(_ fault: Fault, now: Date) throws -> Response {
        let status = HTTPResponse.Status(code: fault.status ?? 503)
        return try VaultError(
            status: status, code: status.code == 429 ? "Throttled" : "Fault",
            message: "The emulator misbehaves on command.", headers: retryHeaders(fault, now: now)
        ).response()
    }

    /// The page of a gateway between the client and Azure.
    static func html(_ fault: Fault) -> Response {
        Response(
            status: HTTPResponse.Status(code: fault.status ?? 502), headers: [.contentType: "text/html"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: html)))
    }

    /// A redirect of the request to another host.
    static func redirect(_ fault: Fault, _ request: Request) -> Response {
        Response(
            status: HTTPResponse.Status(code: fault.status ?? 307),
            headers: [.location: "https://\(fault.foreignHost)\(request.uri.string)"], body: ResponseBody())
    }

    /// The error of an Entra front end that a new federated credential has not reached yet.
    static let propagation = EntraError(
        status: 400, code: "invalid_request", number: 70021,
        message: "No matching federated identity record found for presented assertion.")

    /// A vault's response with the status 401, changed so that it asks for a token for another host.
    static func foreignChallenge(_ fault: Fault, in unauthorized: Response) -> Response {
        var response = unauthorized
        let host = fault.foreignHost
        response.headers[.wwwAuthenticate] =
            "Bearer authorization=\"https://login.\(host)/common\", resource=\"https://\(host)\""
        return response
    }

    /// The header with the time after which to retry, in the fault's notation.
    static func retryHeaders(_ fault: Fault, now: Date) -> HTTPFields {
        guard let wait = fault.retryAfter else { return [:] }
        let milliseconds = "\(Int((wait.inSeconds * 1000).rounded()))"
        switch fault.notation {
        case .seconds: return [.retryAfter: "\(Int(wait.inSeconds.rounded(.up)))"]
        case .date: return [.retryAfter: httpDate(now.addingTimeInterval(wait.inSeconds))]
        case .milliseconds: return [HTTPField.Name(known: "retry-after-ms"): milliseconds]
        case .vendorMilliseconds: return [HTTPField.Name(known: "x-ms-retry-after-ms"): milliseconds]
        }
    }
}

/// A date in the form of HTTP headers (RFC 9110, section 5.6.7).
private func httpDate(_ date: Date) -> String {
    let formatter = DateFormatter()
    formatter.locale = Locale(identifier: "en_US_POSIX")
    formatter.timeZone = TimeZone(secondsFromGMT: 0)
    formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
    return formatter.string(from: date)
}

extension Fault {
    /// The host to which the fault directs clients.
    var foreignHost: String { host ?? "attacker.example" }
}
