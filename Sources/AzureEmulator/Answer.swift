internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// JSON answers in Azure's manner.
enum Answer {
    static func json(
        _ body: [String: Any], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        let data = try JSONSerialization.data(withJSONObject: body, options: [.sortedKeys, .withoutEscapingSlashes])
        return response(ByteBuffer(bytes: data), status: status, headers: headers)
    }

    /// Anything that can be encoded.
    static func json(of value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return response(ByteBuffer(bytes: try encoder.encode(value)), status: status, headers: [:])
    }

    /// JSON that is already written.
    static func text(_ body: String, status: Int) -> Response {
        response(ByteBuffer(string: body), status: HTTPResponse.Status(code: status), headers: [:])
    }

    private static func response(_ body: ByteBuffer, status: HTTPResponse.Status, headers: HTTPFields) -> Response {
        var fields = headers
        fields[.contentType] = "application/json; charset=utf-8"
        fields[.cacheControl] = "no-cache"
        fields[.xMsRequestID] = UUID().uuidString.lowercased()
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: body))
    }

    /// Key Vault's error body.
    static func vaultError(
        _ status: HTTPResponse.Status, _ code: String, _ message: String, inner: String? = nil,
        headers: HTTPFields = [:]
    ) throws -> Response {
        var error: [String: Any] = ["code": code, "message": message]
        if let inner { error["innererror"] = ["code": inner] }
        return try json(["error": error], status: status, headers: headers)
    }

    /// Entra's error body.
    static func entraError(_ refusal: EntraDirectory.Refusal, now: Date) throws -> Response {
        let stamp = ISO8601DateFormatter().string(from: now).replacingOccurrences(of: "T", with: " ")
        let (trace, correlation) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
        return try json(
            [
                "error": refusal.error,
                "error_description":
                    "AADSTS\(refusal.number): \(refusal.text) Trace ID: \(trace) Correlation ID: \(correlation) Timestamp: \(stamp)",
                "error_codes": [refusal.number], "timestamp": stamp, "trace_id": trace, "correlation_id": correlation,
                "error_uri": "https://login.microsoftonline.com/error?code=\(refusal.number)",
            ], status: HTTPResponse.Status(code: refusal.status))
    }
}

extension HTTPField.Name {
    static let xMsRequestID = HTTPField.Name.name("x-ms-request-id")
    static let xMsClientRequestID = HTTPField.Name.name("x-ms-client-request-id")

    /// For names that are known to be well formed.
    private static func name(_ text: StaticString) -> HTTPField.Name {
        HTTPField.Name(text.description) ?? .location
    }
}
