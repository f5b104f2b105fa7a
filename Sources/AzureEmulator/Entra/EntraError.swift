internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// An error response of Entra's token endpoint.
struct EntraError: Error {
    var status = 401
    /// The error code of OAuth 2.0 (RFC 6749, section 5.2).
    var code = "invalid_client"
    /// The number after `AADSTS`.
    var number: Int
    var message: String

    /// The response in Entra's form.
    func response(now: Date) throws -> Response {
        let stamp = ISO8601DateFormatter().string(from: now).replacingOccurrences(of: "T", with: " ")
        let (trace, correlation) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
        return try .json(
            [
                "error": code,
                "error_description":
                    "AADSTS\(number): \(message) Trace ID: \(trace) Correlation ID: \(correlation) Timestamp: \(stamp)",
                "error_codes": [number], "timestamp": stamp, "trace_id": trace, "correlation_id": correlation,
                "error_uri": "https://login.microsoftonline.com/error?code=\(number)",
            ], status: HTTPResponse.Status(code: status))
    }

    static func unknownTenant(_ tenant: String, code: String) -> EntraError {
        EntraError(
            status: 400, code: code, number: 90002,
            message:
                "Tenant '\(tenant)' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud."
        )
    }
}
