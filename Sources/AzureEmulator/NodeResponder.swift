internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The services that only a node can reach: the instance metadata service, and aad-pod-identity's NMI.
/// In plain HTTP, as the real ones.
struct NodeResponder: HTTPResponder {
    typealias Context = EmulatorContext

    let seed: Seed
    let entra: EntraDirectory
    let calls: CallLog
    let gate: FaultGate
    let recorder: RequestRecorder

    func respond(to request: Request, context: EmulatorContext) async throws -> Response {
        try await recorder.record(request, host: "node") { note in
            try await answer(to: request, context: context, note)
        }
    }

    private func answer(
        to request: Request, context: EmulatorContext, _ note: RequestNote
    ) async throws -> Response {
        calls.add(\.tokens)
        switch request.uri.path {
        case "/metadata/identity/oauth2/token":
            return try await gate.respond(to: request, of: .imds, context: context) { request, _ in
                try await metadata(request, note)
            }
        case "/host/token/", "/host/token":
            return try await gate.respond(to: request, of: .nmi, context: context) { request, _ in
                try await podIdentity(request, note)
            }
        default: return try Answer.json(["error": "not_found"], status: .notFound)
        }
    }

    private func metadata(_ request: Request, _ note: RequestNote) async throws -> Response {
        func refuse(_ error: String, _ text: String) throws -> Response {
            try Answer.json(["error": error, "error_description": text], status: .badRequest)
        }
        guard request.headers[.metadata] == "true" else {
            return try refuse("bad_request_102", "Required metadata header not specified")
        }
        let query = request.uri.queryParameters
        guard let resource = query["resource"] else { return try refuse("invalid_request", "resource is missing") }
        let name: String?
        if let clientID = query["client_id"] {
            name = seed.node?.userAssigned?.first { identity($0)?.clientID == String(clientID) }
        } else {
            name = seed.node?.systemAssigned
        }
        guard let identity = name.flatMap(identity) else {
            return try refuse("invalid_request", "Identity not found")
        }
        note.set(who: identity.name)
        return try Answer.json([
            "access_token": try await entra.issue(to: identity, resource: String(resource)),
            "client_id": identity.clientID, "expires_in": "86399", "ext_expires_in": "86399",
            "resource": String(resource), "token_type": "Bearer",
        ])
    }

    private func podIdentity(_ request: Request, _ note: RequestNote) async throws -> Response {
        func refuse(_ status: HTTPResponse.Status, _ text: String) -> Response {
            Response(status: status, body: ResponseBody(byteBuffer: ByteBuffer(string: text + "\n")))
        }
        guard let pod = request.headers[.podName], let namespace = request.headers[.podNamespace] else {
            return refuse(.badRequest, "missing 'podname' and 'podns' from request header")
        }
        let assigned = seed.podIdentities?.first { $0.pod == pod && $0.namespace == namespace }?.identity
        guard let identity = assigned.flatMap(identity) else {
            return refuse(.notFound, "no AzureIdentity found for pod \(namespace)/\(pod)")
        }
        note.set(who: identity.name)
        let resource = request.uri.queryParameters["resource"].map(String.init) ?? ""
        return try Answer.json([
            "token": [
                "access_token": try await entra.issue(to: identity, resource: resource), "refresh_token": "",
                "expires_in": "3599", "token_type": "Bearer", "resource": resource,
            ],
            "clientid": identity.clientID,
        ])
    }

    private func identity(_ name: String) -> Seed.Identity? { entra.identities.first { $0.name == name } }
}

extension HTTPField.Name {
    static let metadata = HTTPField.Name("Metadata") ?? .location
    static let podName = HTTPField.Name("podname") ?? .location
    static let podNamespace = HTTPField.Name("podns") ?? .location
}
