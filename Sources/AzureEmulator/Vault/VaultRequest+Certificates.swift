internal import Foundation
internal import HTTPTypes

/// The operations that only certificates have.
extension VaultRequest {
    /// Responds to `/certificates/NAME/OPERATION`; nil if the operation does not exist.
    func respondForCertificate(_ name: String, operation: String) throws -> VaultResponse? {
        switch (method, operation) {
        case (.post, "create"): return try createCertificate(name)
        case (.post, "import"): return try importCertificate(name)
        case (.get, "pending"):
            try authorize(.read, .certificates, name, permission: "get")
            return try self.operation(of: try vault.existing(name, .certificates), isDone: true)
        case (.delete, "pending"):
            try authorize(.update, .certificates, name)
            let object = try change { vault in
                let object = try vault.existing(name, .certificates)
                vault.change(name, .certificates) { $0.operation = nil }
                return object
            }
            return try self.operation(of: object, isDone: true)
        case (.get, "policy"):
            try authorize(.read, .certificates, name, permission: "get")
            return VaultResponse(body: try json.policy(of: try vault.existing(name, .certificates)))
        case (.patch, "policy"):
            try authorize(.update, .certificates, name)
            let policy = try Self.policy(body)
            let object = try change { vault in
                _ = try vault.existing(name, .certificates)
                vault.change(name, .certificates) { $0.policy = $0.policy?.merging(policy) ?? policy.withDefaults() }
                return try vault.existing(name, .certificates)
            }
            return VaultResponse(body: try json.policy(of: object))
        default: return nil
        }
    }

    /// Issues a certificate. For the client it is a long-running operation that is complete at its first request.
    private func createCertificate(_ name: String) throws -> VaultResponse {
        try authorize(.create, .certificates, name)
        try vault.checkWritable(name, .certificates)
        let current = vault.object(name, .certificates)?.policy
        guard let policy = body["policy"] == nil ? current : try Self.policy(members("policy")) else {
            throw VaultError.badParameter("Property policy is missing.")
        }
        let (parts, request) = try CertificateParts.issue(
            try properties(policy), named: name, in: vault, now: clock.now)
        let operation = CertificateOperation(requestID: UUID().uuidString.lowercased(), request: request)
        return try self.operation(of: try add(parts, to: name, operation: operation), isDone: false)
    }

    private func importCertificate(_ name: String) throws -> VaultResponse {
        try authorize(.import, .certificates, name)
        guard let value = body["value"] as? String else { throw VaultError.badParameter("value is missing.") }
        var policy = body["policy"] == nil ? CertificatePolicy() : try Self.policy(members("policy"))
        let imported = try ImportedCertificate.read(
            value, password: body["pwd"] as? String, isPEM: policy.contentType == CertificatePolicy.pem)
        try policy.describe(imported)
        let parts = try CertificateParts(imported, try properties(policy), now: clock.now)
        let object = try add(parts, to: name, operation: nil)
        guard let version = object.versions.last else { throw VaultError.notFound(.certificates, name) }
        return VaultResponse(body: try json.bundle(of: version, in: object))
    }

    private func add(
        _ parts: CertificateParts, to name: String, operation: CertificateOperation?
    ) throws -> VaultObject {
        try change { vault in
            try vault.add(parts, to: name, operation: operation)
            return try vault.existing(name, .certificates)
        }
    }

    /// The properties of a new version: the policy, and the tags and attributes in the body.
    private func properties(_ policy: CertificatePolicy) throws -> CertificateParts.Properties {
        CertificateParts.Properties(
            policy: policy, tags: try tags() ?? [:], isEnabled: try attributes().enabled ?? true)
    }

    private static func policy(_ members: [String: Any]) throws -> CertificatePolicy {
        guard let policy = JSON.decode(CertificatePolicy.self, from: try JSON.data(members)) else {
            throw VaultError.badParameter("The certificate policy is not usable.")
        }
        return policy
    }

    private func operation(of object: VaultObject, isDone: Bool) throws -> VaultResponse {
        guard let operation = object.operation else {
            throw VaultError(
                status: .notFound, code: "PendingCertificateNotFound",
                message: "Pending certificate not found: \(object.name)")
        }
        let id = "\(json.base)/certificates/\(object.name)"
        var body: [String: Any] = [
            "id": "\(id)/pending", "issuer": ["name": "Self"], "csr": Data(operation.request).base64EncodedString(),
            "cancellation_requested": false, "status": isDone ? "completed" : "inProgress",
            "request_id": operation.requestID,
        ]
        if isDone {
            body["target"] = id
        } else {
            body["status_details"] = "Pending certificate created. Certificate request is in progress."
        }
        return VaultResponse(status: isDone ? .ok : .accepted, body: body)
    }
}
