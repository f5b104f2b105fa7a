internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// HTTP responses with a JSON body and the headers that Azure's services send.
extension Response {
    /// A response with a JSON object.
    static func json(
        _ body: [String: Any], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]
    ) throws -> Response {
        json(bytes: try JSON.data(body), status: status, headers: headers)
    }

    /// A response with an encodable value.
    static func json(encoding value: some Encodable, status: HTTPResponse.Status = .ok) throws -> Response {
        json(bytes: try JSON.data(encoding: value), status: status)
    }

    /// A response with a body that is JSON already.
    static func json(
        bytes: some Sequence<UInt8>, status: HTTPResponse.Status, headers: HTTPFields = [:]
    ) -> Response {
        var fields = headers
        fields[.contentType] = "application/json; charset=utf-8"
        fields[.cacheControl] = "no-cache"
        fields[.xMsRequestID] = UUID().uuidString.lowercased()
        return Response(status: status, headers: fields, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}

extension HTTPField.Name {
    static let xMsRequestID = HTTPField.Name(known: "x-ms-request-id")
    static let xMsClientRequestID = HTTPField.Name(known: "x-ms-client-request-id")

    /// A header name that is known to be valid, because it is written in the source.
    init(known name: StaticString) {
        guard let name = HTTPField.Name(name.description) else { preconditionFailure("\(name) is not a header name") }
        self = name
    }
}
