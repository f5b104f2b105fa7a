import Documents
import ProviderCore
import SecretMemory
import Testing

@Suite("ServiceAccountTokens")
struct ServiceAccountTokensTests {
    private static let audience = ServiceAccountTokens.workloadIdentityAudience

    /// The token of a request with `attribute` and `secret` as the two sources.
    private static func find(attribute: String?, secret: String? = nil) throws -> ServiceAccountToken {
        let request = try mountRequest(
            attribute.map { [ServiceAccountTokens.attribute: $0] } ?? [:],
            secrets: secret.map { [ServiceAccountTokens.attribute: $0] })
        return try ServiceAccountTokens.token(for: audience, in: request, now: testNow)
    }

    private static func failure(attribute: String?, secret: String? = nil) -> ProviderError? {
        #expect(throws: ProviderError.self) { try find(attribute: attribute, secret: secret) }
    }

    @Test("The pod's token is found with its claims")
    func found() throws {
        let found = try Self.find(attribute: ValidMount.tokens)
        #expect(found.assertion.exposedText == token(claims: ValidMount.tokenClaims))
        #expect(found.claims?.issuer == "https://issuer.example")
        #expect(found.claims?.subject == "system:serviceaccount:pay:api")
        #expect(found.claims?.expiry == testNow + 3600)
    }

    @Test("Tokens are read from the attributes first, then from the secrets")
    func places() throws {
        let (one, two) = (ValidMount.tokens("one"), ValidMount.tokens("two"))
        #expect(try Self.find(attribute: one, secret: two).assertion.exposedText == "one")
        #expect(try Self.find(attribute: nil, secret: two).assertion.exposedText == "two")
        #expect(try Self.find(attribute: "", secret: two).assertion.exposedText == "two")
    }

    @Test("Without tokens the request is refused with upstream's phrase", arguments: [nil, "", " \n"] as [String?])
    func absent(attribute: String?) {
        let error = Self.failure(attribute: attribute)
        #expect(error?.code == .tokenMissing)
        #expect(error?.message == "service account tokens not found")
    }

    @Test("A token for another audience is not used, and the error names the audiences of the tokens")
    func otherAudience() {
        let error = Self.failure(attribute: ValidMount.tokens("x", audience: "api://AKSIdentityBinding"))
        #expect(error?.code == .tokenMissing)
        #expect(error?.message == "token for audience api://AzureADTokenExchange not found")
        #expect("\(error as Any)".contains("api://AKSIdentityBinding"))
    }

    @Test(
        "An audience without a token is an error",
        arguments: [
            "{}", "null", #"{"api://AzureADTokenExchange":{}}"#, #"{"api://AzureADTokenExchange":null}"#,
            #"{"api://AzureADTokenExchange":{"token":""}}"#, #"{"api://AzureADTokenExchange":{"token":null}}"#,
        ])
    func noToken(attribute: String) {
        let error = Self.failure(attribute: attribute)
        #expect(error?.code == .tokenMissing)
        #expect(error?.message.hasPrefix("token for audience api://AzureADTokenExchange not found") == true)
        let isEmpty = attribute.contains("AzureADTokenExchange")
        #expect(error?.cause.hasSuffix(" is empty") == isEmpty)
        #expect(error?.context.isEmpty == (isEmpty || attribute == "null"))
    }

    @Test(
        "Malformed tokens are refused with upstream's phrase and Go's reason",
        arguments: [
            ("x", "invalid character 'x' looking for beginning of value"),
            ("{", "unexpected end of JSON input"),
            ("[]", "json: cannot unmarshal array into Go value of type map"),
            (#""text""#, "json: cannot unmarshal string into Go value of type map"),
            (#"{"a":"token"}"#, "json: cannot unmarshal string into Go value of type struct"),
            (#"{"a":{"token":5}}"#, "json: cannot unmarshal number into Go struct field .token of type string"),
            (#"{"a":{"token":{}}}"#, "json: cannot unmarshal object into Go struct field .token of type string"),
            (
                #"{"a":{"expirationTimestamp":5}}"#,
                "json: cannot unmarshal number into Go struct field .expirationTimestamp of type string"
            ),
            // In any entry, not only in the requested one.
            (#"{"a":{"token":"t","expirationTimestamp":"tomorrow"}}"#, "parsing time \"tomorrow\" as RFC 3339 failed"),
        ])
    func malformed(attribute: String, reason: String) {
        let error = Self.failure(attribute: attribute)
        #expect(error?.code == .tokenMalformed)
        #expect(error?.message == "failed to unmarshal service account tokens, error: " + reason)
    }

    @Test("Field names match in any case, as in Go, and other fields are ignored")
    func fieldNames() throws {
        let text = #"{"api://AzureADTokenExchange":{"Token":"t","EXPIRATIONTIMESTAMP":"2026-01-01T00:00:00Z","x":[1]}}"#
        #expect(try Self.find(attribute: text).assertion.exposedText == "t")
    }

    @Test("An expired token is refused with its claims next to it", arguments: [testNow, testNow - 1, 0, -5])
    func expired(expiry: Int) {
        let claims = #"{"iss":"i","sub":"s","aud":"\#(Self.audience)","exp":\#(expiry)}"#
        let error = Self.failure(attribute: ValidMount.tokens(token(claims: claims)))
        #expect(error?.code == .tokenExpired)
        #expect(error?.message == "the service account token expired at \(Timestamp.text(expiry))")
        #expect("\(error as Any)".contains("subject: s"))
        #expect("\(error as Any)".contains("now: 2026-01-01T12:00:00Z"))
    }

    @Test("A token whose own audience is another is refused")
    func otherOwnAudience() {
        let claims = #"{"iss":"i","aud":["https://kubernetes"],"exp":\#(testNow + 60)}"#
        let error = Self.failure(attribute: ValidMount.tokens(token(claims: claims)))
        #expect(error?.code == .tokenAudience)
        #expect("\(error as Any)".contains("audience: https://kubernetes"))
    }

    @Test(
        "A token that cannot be parsed is sent to Entra",
        arguments: ["opaque", "a.b.c", "a.b", "....", token(claims: "{}"), token(claims: "[]"), token(claims: "no")])
    func unreadable(text: String) throws {
        #expect(try Self.find(attribute: ValidMount.tokens(text)).assertion.exposedText == text)
    }

    @Test("No error shows the token")
    func noLeak() {
        let jwt = token(claims: #"{"aud":"other","exp":1}"#)
        for attribute in [ValidMount.tokens(jwt), ValidMount.tokens(jwt) + "x"] {
            let error = Self.failure(attribute: attribute)
            #expect(!"\(error as Any)".contains(jwt))
            #expect(!"\(error as Any)".contains("signature"))
        }
    }
}

@Suite("TokenClaims")
struct TokenClaimsTests {
    private static func read(_ claims: String) -> TokenClaims? {
        TokenClaims(parsing: SecretBytes(token(claims: claims)))
    }

    @Test(
        "The audience may be a string or a list",
        arguments: [
            (#"{"aud":"a"}"#, ["a"]), (#"{"aud":["a","b"]}"#, ["a", "b"]), (#"{"aud":[]}"#, []), ("{}", []),
            (#"{"aud":5}"#, []), (#"{"aud":["a",5]}"#, ["a"]),
        ])
    func audiences(claims: String, expected: [String]) {
        #expect(Self.read(claims)?.audiences == expected)
    }

    @Test(
        "The expiry may be any kind of integer",
        arguments: [
            (#"{"exp":5}"#, 5), (#"{"exp":5.0}"#, 5), (#"{"exp":"5"}"#, 5), (#"{"exp":5.5}"#, nil), ("{}", nil),
            (#"{"exp":1e300}"#, nil), (#"{"exp":9223372036854775807}"#, Int.max),
        ] as [(String, Int?)])
    func expiry(claims: String, expected: Int?) throws {
        let read = try #require(Self.read(claims))
        #expect(read.expiry == expected)
        #expect(read.context.map(\.name) == ["issuer", "subject", "audience", "expires"])
    }

    @Test(
        "A text that is not a JWT does not have claims",
        arguments: ["", ".", "a.b", "a.b.c.d", "a.!!!.c", "a.bm8.c", "a.W10.c"])
    func none(text: String) {
        #expect(TokenClaims(parsing: SecretBytes(text)) == nil)
    }

    @Test("A long claim is clipped in errors")
    func clipped() throws {
        let claims = try #require(Self.read(#"{"iss":"\#(String(repeating: "i", count: 5000))"}"#))
        #expect(claims.context.allSatisfy { $0.value.count <= 201 })
    }
}
