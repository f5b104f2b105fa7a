import AzureEmulator
import Foundation
import HTTPFetch

/// A client of the controls of a running emulator.
struct ControlsClient {
    enum Method: String {
        case get = "GET"
        case put = "PUT"
        case post = "POST"
        case delete = "DELETE"
    }

    /// The emulator's directory, which contains the address of the controls.
    let directory: String

    /// Sends a request and returns the body of the response. Throws a `CommandError` if no emulator runs or
    /// if it refuses the request.
    @discardableResult
    func send(_ method: Method, _ path: String, body: Data = Data()) async throws -> Data {
        let endpoints = try EmulatorDirectory(path: directory).endpoints()
        var request = HTTPFetch(url: "http://127.0.0.1:\(endpoints.adminPort)\(path)")
        request.method = method.rawValue
        request.body = Array(body)
        request.maximumBodyBytes = 16 << 20
        let response: HTTPFetch.Response
        do {
            response = try await request.response()
        } catch {
            throw CommandError.notRunning(directory: directory)
        }
        let bytes = Data(response.body)
        guard (200..<300).contains(response.status) else { throw CommandError.refused(response: bytes) }
        return bytes
    }

    /// Sends a GET request and decodes the response.
    func get<Value: Decodable>(_ type: Value.Type, _ path: String) async throws -> Value {
        try JSONDecoder().decode(type, from: try await send(.get, path))
    }

    /// Issues a service-account token of the built-in cluster. `lifetime` is in seconds.
    func serviceAccountToken(
        _ name: String, namespace: String, audience: String, lifetime: Int
    ) async throws -> String {
        let request = TokenRequest(spec: TokenRequest.Spec(audiences: [audience], expirationSeconds: lifetime))
        let response = try await send(
            .post, Self.path("api", "v1", "namespaces", namespace, "serviceaccounts", name, "token"),
            body: try JSONEncoder().encode(request))
        return try JSONDecoder().decode(TokenRequest.self, from: response).status?.token ?? ""
    }

    /// The path with these segments, which may contain any characters.
    static func path(_ segments: String...) -> String {
        segments.map { "/" + escaped($0) }.joined()
    }

    /// Percent-encodes a path segment or a query's value.
    static func escaped(_ text: String) -> String {
        text.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", ".", "_"])) ?? text
    }
}
