internal import Foundation
internal import HTTPTypes
internal import Hummingbird

extension VaultCall {
    /// nil for what is no call of its own.
    func respondOfCertificate(_ method: HTTPRequest.Method, _ name: String, _ word: String) throws -> Response? {
        switch (method, word) {
        case (.post, "create"): return try createCertificate(name)
        case (.post, "import"): return try importCertificate(name)
        case (.get, "pending"):
            try demand(.read, .certificates, name)
            return try operation(of: try vault.existing(name, .certificates), isDone: true)
        case (.delete, "pending"):
            try demand(.update, .certificates, name)
            let object = try change { vault in
                let object = try vault.existing(name, .certificates)
                vault.change(name, .certificates) { $0.operation = nil }
                return object
            }
            return try operation(of: object, isDone: true)
        case (.get, "policy"):
            try demand(.read, .certificates, name)
            return try policy(of: try vault.existing(name, .certificates))
        case (.patch, "policy"):
            try demand(.update, .certificates, name)
            let wanted = try readPolicy(body)
            let object = try change { vault in
                _ = try vault.existing(name, .certificates)
                vault.change(name, .certificates) { $0.policy = $0.policy?.merging(wanted) ?? wanted.completed() }
                return try vault.existing(name, .certificates)
            }
            return try policy(of: object)
        default: return nil
        }
    }

    /// A long-running operation for the client, but the certificate is there when it first asks.
    private func createCertificate(_ name: String) throws -> Response {
        try demand(.create, .certificates, name)
        try vault.demandWritable(name, .certificates)
        let old = vault.object(name, .certificates)
        let policy = body["policy"] == nil ? old?.policy : try readPolicy(members("policy"))
        guard let policy else { throw VaultRefusal.badParameter("Property policy is missing.") }
        let (parts, request) = try CertificateParts.issue(
            policy, named: name, in: vault, tags: try tags() ?? [:],
            isEnabled: try attributes().enabled ?? true, now: clock.now)
        let operation = CertificateOperation(requestID: UUID().uuidString.lowercased(), request: request)
        let object = try change { vault in
            try vault.add(parts, to: name, operation: operation)
            return try vault.existing(name, .certificates)
        }
        return try self.operation(of: object, isDone: false)
    }

    private func importCertificate(_ name: String) throws -> Response {
        try demand(.import, .certificates, name)
        guard let value = body["value"] as? String else { throw VaultRefusal.badParameter("value is missing.") }
        var policy = body["policy"] == nil ? CertificatePolicy() : try readPolicy(members("policy"))
        let isPEM = policy.contentType == CertificatePolicy.pem
        let issued = try ImportedCertificate.read(value, password: body["pwd"] as? String, isPEM: isPEM)
        policy.describe(issued)
        let parts = try CertificateParts.make(
            issued, policy, now: clock.now, tags: try tags() ?? [:], isEnabled: try attributes().enabled ?? true)
        let object = try change { vault in
            try vault.add(parts, to: name, operation: nil)
            return try vault.existing(name, .certificates)
        }
        guard let version = object.versions.last else { throw VaultRefusal.notFound(.certificates, name) }
        return try bundle(version, of: object, .certificates)
    }

    // MARK: - Answers

    private func operation(of object: VaultObject, isDone: Bool) throws -> Response {
        guard let operation = object.operation else {
            throw VaultRefusal(
                status: .notFound, code: "PendingCertificateNotFound",
                message: "Pending certificate not found: \(object.name)")
        }
        let id = "\(VaultJSON.base(authority))/certificates/\(object.name)"
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
        return try Answer.json(body, status: isDone ? .ok : .accepted)
    }

    private func policy(of object: VaultObject) throws -> Response {
        try Answer.json(VaultJSON.policy(of: object, authority: authority))
    }

    private func readPolicy(_ members: [String: Any]) throws -> CertificatePolicy {
        do {
            return try JSONDecoder().decode(
                CertificatePolicy.self, from: try JSONSerialization.data(withJSONObject: members))
        } catch {
            throw VaultRefusal.badParameter("The certificate policy is not usable.")
        }
    }
}
