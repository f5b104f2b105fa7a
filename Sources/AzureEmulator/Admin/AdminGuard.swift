internal import HTTPTypes

/// Keeps other people's web pages away from the controls, which ask for no password.
enum AdminGuard {
    /// Why a request is refused; nil when it is not.
    static func refusal(of head: HTTPRequest) -> String? {
        // A page whose own name was made to resolve to loopback (DNS rebinding) still sends that name.
        guard let authority = head.authority, isLoopback(authority) else {
            return "the controls answer only under 127.0.0.1, localhost or [::1]"
        }
        // What a browser says of itself; commands and tests say nothing.
        if let origin = head.headerFields[.origin], origin != "http://\(authority)" {
            return "the controls take no requests from the pages of \(origin)"
        }
        let site = HTTPField.Name("Sec-Fetch-Site").flatMap { head.headerFields[$0] }
        let mode = HTTPField.Name("Sec-Fetch-Mode").flatMap { head.headerFields[$0] }
        if let site, site != "same-origin", site != "none", !(head.method == .get && mode == "navigate") {
            return "the controls take no requests from other pages"
        }
        return nil
    }

    private static func isLoopback(_ authority: String) -> Bool {
        let host = authority.hasPrefix("[") ? authority.prefix { $0 != "]" } + "]" : authority.prefix { $0 != ":" }
        return ["127.0.0.1", "localhost", "[::1]"].contains(host.lowercased())
    }
}
