internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The services that can be reached only from a node: the instance metadata service, and the
/// node-managed identity service (NMI) of aad-pod-identity. Like the real ones they use plain HTTP.
struct NodeResponder: HTTPResponder {
    typealias Context = ConnectionContext

    let node: NodeIdentities
    let pods: [PodIdentity]
    let entra: EntraDirectory
    let calls: CallCounter
    let gate: FaultGate
    let recorder: RequestRecorder

    func respond(to request: Request, context: ConnectionContext) async throws -> Response {
        try await recorder.record(request, host: "node") { note in
            calls.increment(\.tokens)
            switch request.uri.path {
            case "/metadata/identity/oauth2/token":
                return try await gate.respond(to: request, of: .imds, on: context.channel) { request, _ in
                    try await metadataResponse(to: request, note)
                }
            case "/host/token/", "/host/token":
                return try await gate.respond(to: request, of: .nmi, on: context.channel) { request, _ in
                    try await podIdentityResponse(to: request, note)
                }
            default: return try .json(["error": "not_found"], status: .notFound)
            }
        }
    }

    private func metadataResponse(to request: Request, _ note: CallerNote) async throws -> Response {
        func badRequest(_ code: String, _ message: String) throws -> Response {
            try .json(["error": code, "error_description": message], status: .badRequest)
        }
        guard request.headers[HTTPField.Name(known: "Metadata")] == "true" else {
            return try badRequest("bad_request_102", "Required metadata header not specified")
        }
        let query = request.uri.queryParameters
        guard let resource = query["resource"] else { return try badRequest("invalid_request", "resource is missing") }
        guard let identity = identity(ofNode: query["client_id"].map(String.init)) else {
            return try badRequest("invalid_request", "Identity not found")
        }
        note.set(identity: identity.name)
        return try .json([
            "access_token": try await entra.issueToken(to: identity, resource: String(resource)),
            "client_id": identity.clientID, "expires_in": "86399", "ext_expires_in": "86399",
            "resource": String(resource), "token_type": "Bearer",
        ])
    }

    private func podIdentityResponse(to request: Request, _ note: CallerNote) async throws -> Response {
        func error(_ status: HTTPResponse.Status, _ text: String) -> Response {
            Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
        }
        guard let pod = request.headers[HTTPField.Name(known: "podname")],
            let namespace = request.headers[HTTPField.Name(known: "podns")]
        else { return error(.badRequest, "missing 'podname' and 'podns' from request header") }
        let assigned = pods.first { $0.pod == pod && $0.namespace == namespace }?.identity
        guard let identity = assigned.flatMap(identity(named:)) else {
            return error(.notFound, "no AzureIdentity found for pod \(namespace)/\(pod)")
        }
        note.set(identity: identity.name)
        let resource = request.uri.queryParameters["resource"].map(String.init) ?? ""
        return try .json([
            "token": [
                "access_token": try await entra.issueToken(to: identity, resource: resource), "refresh_token": "",
                "expires_in": "3599", "token_type": "Bearer", "resource": resource,
            ],
            "clientid": identity.clientID,
        ])
    }

    /// The node's user-assigned identity with the client id, or its system-assigned identity if there is none.
    private func identity(ofNode clientID: String?) -> EntraIdentity? {
        guard let clientID else { return node.systemAssigned.flatMap(identity(named:)) }
        return node.userAssigned?.compactMap(identity(named:)).first { $0.clientID == clientID }
    }

    private func identity(named name: String) -> EntraIdentity? { entra.identities.first { $0.name == name } }
}
