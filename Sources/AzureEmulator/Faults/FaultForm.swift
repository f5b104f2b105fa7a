/// The form for a kind of fault in the emulator's page: its purpose and its keys.
struct FaultForm: Encodable {
    struct Field: Encodable {
        /// The key in a seed and on the command line.
        var name: String
        /// The meaning of the key and the format of its value.
        var hint: String
        /// The value without the key; nil if there is none.
        var defaultValue: String?
        /// The only possible values; nil for any text.
        var choices: [String]?
        var isRequired = false
    }

    var kind: String
    /// The heading under which the kind is listed.
    var group: String
    var summary: String
    /// The targets that can misbehave in this way.
    var targets: [String]
    /// The keys that only some kinds have.
    var fields: [Field]

    /// The forms for all kinds.
    static var all: [FaultForm] { Fault.Kind.allCases.map(FaultForm.init) }

    /// The keys that each kind has in addition to the target.
    static let schedule: [Field] = [
        Field(name: "path", hint: "only for this URL path; * and ? match", defaultValue: "every path"),
        Field(
            name: "method", hint: "only for this method", defaultValue: "any",
            choices: ["any", "GET", "POST", "PUT", "PATCH", "DELETE"]),
        Field(name: "count", hint: "how many calls it strikes", defaultValue: "until removed"),
        Field(name: "probability", hint: "from 0 to 1", defaultValue: "1"),
        Field(name: "for", hint: "how long, such as 30s", defaultValue: "until removed"),
        Field(name: "at", hint: "starts after, such as 10s", defaultValue: "now"),
        Field(name: "every", hint: "repeats after, such as 1m; needs for", defaultValue: "once"),
        Field(name: "pattern", hint: "x strikes and . passes, such as x.x", defaultValue: "always"),
    ]

    private init(_ kind: Fault.Kind) {
        self.kind = kind.rawValue
        group = kind.group
        summary = kind.summary
        targets = FaultTarget.names.filter { name in FaultTarget(name).map(kind.suits) == true }
        fields = ["delay", "size", "status", "retryAfter", "notation", "host", "skew"]
            .filter(kind.keys.contains).map { Self.field($0, kind) }
    }

    private static func field(_ name: String, _ kind: Fault.Kind) -> Field {
        let fault = Fault(kind)
        switch name {
        case "delay": return Field(name: name, hint: "such as 20ms", defaultValue: fault.delay.text)
        case "size":
            return Field(name: name, hint: "in bytes", defaultValue: kind == .drip ? "1" : "16777216")
        case "status":
            let defaults: [Fault.Kind: String] = [.html: "502", .redirect: "307"]
            return Field(
                name: name, hint: "from 200 to 599", defaultValue: defaults[kind], isRequired: kind == .status)
        case "retryAfter": return Field(name: name, hint: "such as 2s", defaultValue: "no header")
        case "notation":
            return Field(
                name: name, hint: "of Retry-After", defaultValue: fault.notation.rawValue,
                choices: Fault.Notation.allCases.map(\.rawValue))
        case "skew": return Field(name: name, hint: "such as -10m", defaultValue: fault.skew.text)
        default:
            return Field(
                name: name, hint: "a host's name",
                defaultValue: kind == .wrongVault ? "another-vault" : fault.foreignHost)
        }
    }
}

extension Fault.Kind {
    fileprivate var group: String {
        switch self {
        case .latency, .hang, .drip: "Late responses"
        case .close, .reset, .resetAfterHeaders, .halfBody: "Broken connections"
        case .certificateExpired, .certificateWrongName, .certificateUntrusted, .certificateAddressOnly:
            "Wrong certificates"
        case .status, .html, .redirect, .propagation, .tokenRejected, .foreignChallenge: "Other responses"
        case .clockSkew: "Wrong clock"
        default: "Damaged responses"
        }
    }

    fileprivate var summary: String {
        switch self {
        case .latency: "Waits before each response."
        case .hang: "Takes the request and never answers."
        case .drip: "Sends the body in small pieces."
        case .close: "Closes the connection before the response."
        case .reset: "Resets the connection before the response."
        case .resetAfterHeaders: "Resets the connection after the headers."
        case .halfBody: "Ends the connection in the middle of the body."
        case .certificateExpired: "Shows a certificate that has expired."
        case .certificateWrongName: "Shows a certificate for another host."
        case .certificateUntrusted: "Shows a certificate of an unknown authority."
        case .certificateAddressOnly: "Shows a certificate for another host, but for the right address."
        case .status: "Answers with an error status, such as 429 or 503."
        case .html: "Answers with the HTML page of a gateway."
        case .redirect: "Sends the client to another host."
        case .propagation: "Entra refuses, accepts and refuses again, like after a new federated credential."
        case .tokenRejected: "The vault answers 401 to a valid token."
        case .foreignChallenge: "The vault answers 401 and asks for a token for another resource."
        case .wrongContentType: "Sends the right body as text/html."
        case .badJSON: "Sends a body that is not JSON."
        case .truncatedJSON: "Sends half of the JSON."
        case .hugeBody: "Sends a very large body."
        case .endlessList: "Each page of a list has a link to another page."
        case .foreignList: "A list has a link to a page on another host."
        case .wrongVault: "The response is about an object of another vault."
        case .wrongObject: "The response is about another object."
        case .wrongType: "The response is about an object of another type."
        case .wrongVersion: "The response is about another version."
        case .clockSkew: "Checks tokens by a clock that is wrong."
        }
    }
}
