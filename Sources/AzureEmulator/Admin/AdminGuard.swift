internal import HTTPTypes

/// Keeps the pages of other sites away from the controls, which do not ask for a password.
enum AdminGuard {
    /// The reason to refuse a request; nil for a request that is allowed.
    static func refusalReason(for head: HTTPRequest) -> String? {
        // A page whose own host name resolves to loopback (DNS rebinding) still sends that name.
        guard let authority = head.authority, isLoopback(authority) else {
            return "the controls respond only under 127.0.0.1, localhost or [::1]"
        }
        // Browsers send these headers; commands and tests do not.
        if let origin = head.headerFields[.origin], origin != "http://\(authority)" {
            return "the controls do not accept requests from the pages of \(origin)"
        }
        let site = head.headerFields[HTTPField.Name(known: "Sec-Fetch-Site")]
        let mode = head.headerFields[HTTPField.Name(known: "Sec-Fetch-Mode")]
        if let site, site != "same-origin", site != "none", !(head.method == .get && mode == "navigate") {
            return "the controls do not accept requests from other pages"
        }
        return nil
    }

    private static func isLoopback(_ authority: String) -> Bool {
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return ["127.0.0.1", "localhost", "[::1]"].contains(host.lowercased())
    }
}
