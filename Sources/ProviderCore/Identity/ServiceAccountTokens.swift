internal import Documents
package import SecretMemory

/// A service account token of the pod, which the kubelet requested because of the CSIDriver's `tokenRequests`.
package struct ServiceAccountToken: Sendable {
    /// The token, which is sent to Entra as the client assertion.
    package var assertion: SecretBytes
    /// The claims of the token; nil if it is not a readable JWT.
    package var claims: TokenClaims?

    package init(assertion: SecretBytes, claims: TokenClaims?) {
        self.assertion = assertion
        self.claims = claims
    }
}

/// Reads the service account tokens of a mount request.
package enum ServiceAccountTokens {
    /// The key of the tokens among the volume's attributes, or among its secrets.
    package static let attribute = "csi.storage.k8s.io/serviceAccount.tokens"

    /// The audience of workload identity federation.
    package static let workloadIdentityAudience = "api://AzureADTokenExchange"

    /// The audience of AKS identity bindings.
    package static let identityBindingAudience = "api://AKSIdentityBinding"

    /// Whether the request has service account tokens.
    static func arePresent(in request: MountRequest) -> Bool { document(in: request) != nil }

    /// Returns the attribute's text with these tokens in the kubelet's format; `expiry` is in RFC 3339.
    package static func text(of tokens: [(audience: String, token: String, expiry: String)]) -> String {
        JSONOutput.object(
            tokens.map { ($0.audience, ["token": .text($0.token), "expirationTimestamp": .text($0.expiry)]) }
        ).compact
    }

    private static func document(in request: MountRequest) -> SecretBytes? {
        guard let document = request.attributes.secret(attribute) ?? request.secrets?.secret(attribute),
            !document.isBlank
        else { return nil }
        return document
    }

    /// Returns the request's token for `audience`. It looks first among the attributes and then among the secrets,
    /// where kubelets from 1.35 on put tokens if the driver is older. Error phrases are upstream's.
    package static func token(
        for audience: String, in request: MountRequest, now: Int
    ) throws(ProviderError) -> ServiceAccountToken {
        guard let document = document(in: request) else {
            throw ProviderError(
                .tokenMissing, "service account tokens not found", cause: absence,
                hint: command(for: audience, isFirst: true))
        }
        let assertion = try find(audience, in: document)
        let claims = TokenClaims(parsing: assertion)
        if let claims, !claims.audiences.isEmpty, !claims.audiences.contains(audience) {
            throw ProviderError(
                .tokenAudience,
                "the service account token that the kubelet sent for the audience \(audience) is for"
                    + " \(claims.audiences.joined(separator: ", ").clipped)",
                hint: "find out what modifies the driver's requests: the kubelet never sends such a token",
                context: claims.context)
        }
        if let claims, let expiry = claims.expiry, expiry <= now {
            throw ProviderError(
                .tokenExpired, "the service account token expired at \(Timestamp.text(expiry))",
                context: claims.context + [("now", Timestamp.text(now))])
        }
        return ServiceAccountToken(assertion: assertion, claims: claims)
    }

    private static func find(_ audience: String, in document: SecretBytes) throws(ProviderError) -> SecretBytes {
        func malformed(_ reason: String) -> ProviderError {
            ProviderError(
                .tokenMalformed, "failed to unmarshal service account tokens, error: \(reason)",
                cause: "the service account tokens in the request cannot be read: \(reason)")
        }
        let value: JSONValue
        do {
            value = try JSONParser.parse(document)
        } catch {
            throw malformed(error.reason)
        }
        if case .null = value {
            throw ProviderError(
                .tokenMissing, "token for audience \(audience) not found", cause: absence,
                hint: command(for: audience, isFirst: true))
        }
        guard let tokens = value.object else {
            throw malformed("json: cannot unmarshal \(value.kind) into Go value of type map")
        }
        var found: SecretBytes?
        for (key, entry) in tokens.members {
            if case .null = entry { continue }
            guard let entry = entry.object else {
                throw malformed("json: cannot unmarshal \(entry.kind) into Go value of type struct")
            }
            for (name, member) in entry.members {
                switch (name.lowercased(), member) {
                case ("token", .string(let text)): if key == audience { found = text.secret }
                case ("expirationtimestamp", .string(let text)):
                    guard Timestamp.isValid(text.string) else {
                        throw malformed("parsing time \"\(text.string.clipped)\" as RFC 3339 failed")
                    }
                case ("token", .null), ("expirationtimestamp", .null): break
                case ("token", _), ("expirationtimestamp", _):
                    throw malformed(
                        "json: cannot unmarshal \(member.kind) into Go struct field .\(name) of type string")
                default: break
                }
            }
        }
        guard let found, !found.isEmpty else {
            if tokens.members.contains(where: { $0.key == audience }) {
                throw ProviderError(
                    .tokenMissing, "token for audience \(audience) not found: its entry is empty",
                    cause: "the service account token for the audience \(audience) is empty",
                    hint: "check what makes the token: the kubelet never sends an empty one")
            }
            let present = tokens.members.map(\.key.clipped).sorted().joined(separator: ", ")
            throw ProviderError(
                .tokenMissing, "token for audience \(audience) not found",
                cause: present.isEmpty
                    ? absence : "the kubelet sent no service account token for the audience \(audience)",
                hint: command(for: audience, isFirst: present.isEmpty),
                context: [("audiences present", present.isEmpty ? "none" : present)])
        }
        return found
    }

    static let absence = "the kubelet sent no service account token"

    /// Returns the command that makes the kubelet send tokens for `audience`. `isFirst` is true if the CSIDriver does
    /// not request tokens yet. An existing list is extended and never replaced, because other drivers may need its
    /// entries.
    static func command(for audience: String, isFirst: Bool) -> String {
        let path = isFirst ? "/spec/tokenRequests" : "/spec/tokenRequests/-"
        let request = #"{"audience":"\#(audience)"}"#
        return "kubectl patch csidriver secrets-store.csi.k8s.io --type=json -p"
            + #" '[{"op":"add","path":"\#(path)","value":\#(isFirst ? "[\(request)]" : request)}]'"#
    }
}

extension SecretBytes {
    /// Whether it is empty or has only white space.
    fileprivate var isBlank: Bool {
        withExposed { bytes in bytes.allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) } }
    }
}
