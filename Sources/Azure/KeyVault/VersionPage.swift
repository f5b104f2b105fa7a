internal import Documents
internal import ProviderCore
internal import SecretMemory

/// One page of a list in a vault's response.
protocol VaultPage {
    associatedtype Record: Sendable
    var records: [Record] { get }
    var nextLink: String? { get }
}

/// One page of the list of an object's versions.
struct VersionPage: VaultPage {
    var records: [VersionRecord]
    var nextLink: String?

    static func decode(_ body: SecretBytes) throws(VaultAnswerError) -> VersionPage {
        guard let page = (try? JSONParser.parse(body))?.object else {
            throw VaultAnswerError(reason: "the vault's list is not a JSON object")
        }
        let records = (page["value"]?.array ?? []).compactMap { item -> VersionRecord? in
            // Keys have a `kid` where other objects have an `id`. An entry without attributes is ignored, as in
            // upstream.
            guard let item = item.object, let id = item["id"]?.text ?? item["kid"]?.text,
                let attributes = item["attributes"]?.object
            else { return nil }
            return VersionRecord(
                version: VaultBundle.version(in: id), created: attributes["created"]?.seconds ?? 0,
                isEnabled: attributes["enabled"]?.bool ?? true)
        }
        let next = page["nextLink"]?.text ?? ""
        return VersionPage(records: records, nextLink: next.isEmpty ? nil : next)
    }

    /// Returns `link` if it is an https URL of `host`, and nil otherwise. Port 443 is equal to no port.
    static func link(_ link: String, onHost host: String) -> String? {
        let scheme = "https://"
        // The check uses the original text, because a URL parser would repair invalid URLs.
        guard link.utf8.allSatisfy({ ASCII.visible.contains($0) }), link.lowercased().hasPrefix(scheme) else {
            return nil
        }
        let rest = link.dropFirst(scheme.count)
        let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != "\\" }
        func withPort(_ text: some StringProtocol) -> String {
            let text = text.lowercased()
            return text.contains(":") ? text : "\(text):443"
        }
        guard withPort(authority) == withPort(host), rest.dropFirst(authority.count).first == "/" else { return nil }
        return "\(scheme)\(host)\(rest.dropFirst(authority.count))"
    }
}
