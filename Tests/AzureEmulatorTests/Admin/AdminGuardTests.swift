import HTTPTypes
import Testing

@testable import AzureEmulator

@Suite("The access check of the controls")
struct AdminGuardTests {
    private static func isAllowed(
        _ authority: String?, method: HTTPRequest.Method = .post, headers: [String: String] = [:]
    ) throws -> Bool {
        var fields = HTTPFields()
        for (name, value) in headers { fields[try #require(HTTPField.Name(name))] = value }
        return AdminGuard.refusalReason(
            for: HTTPRequest(method: method, scheme: "http", authority: authority, path: "/", headerFields: fields))
            == nil
    }

    @Test(
        "The controls respond only under the names of loopback",
        arguments: [
            ("127.0.0.1:80", true), ("localhost:80", true), ("LOCALHOST", true), ("[::1]:80", true),
            ("attacker.example:80", false), ("127.0.0.1.attacker.example", false), ("[::2]:80", false), (nil, false),
        ] as [(String?, Bool)])
    func names(authority: String?, isAllowed: Bool) throws {
        #expect(try Self.isAllowed(authority) == isAllowed)
    }

    @Test(
        "A browser's request is allowed only from the emulator's own page",
        arguments: [
            ([:], true), (["origin": "http://localhost:80"], true), (["origin": "http://localhost:81"], false),
            (["origin": "https://localhost:80"], false), (["origin": "null"], false),
            (["sec-fetch-site": "same-origin"], true), (["sec-fetch-site": "none"], true),
            (["sec-fetch-site": "same-site"], false), (["sec-fetch-site": "cross-site"], false),
            (["sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"], false),
        ] as [([String: String], Bool)])
    func pages(headers: [String: String], isAllowed: Bool) throws {
        #expect(try Self.isAllowed("localhost:80", headers: headers) == isAllowed)
    }

    @Test("A link from another page may point to the emulator's page")
    func navigation() throws {
        let headers = ["sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"]
        #expect(try Self.isAllowed("localhost:80", method: .get, headers: headers))
    }
}

@Suite("The controls for federated credentials")
struct AdminIdentitiesTests {
    private static func controls() async throws -> AdminIdentities {
        AdminIdentities(store: try StateStore.test(), cluster: try await TestEntra.cluster())
    }

    private static func credential(
        _ subject: String, name: String? = nil, issuer: String? = nil
    ) -> FederatedCredential {
        FederatedCredential(name: name, issuer: issuer, subject: subject, audience: nil)
    }

    @Test("An identity has at most 20 federated credentials")
    func limit() async throws {
        let controls = try await Self.controls()
        var identity = EntraIdentity.test()
        for index in 1...20 { try controls.add(Self.credential("s-\(index)"), to: &identity) }
        #expect(throws: EmulatorError.self) { try controls.add(Self.credential("s-21"), to: &identity) }
        #expect(identity.federatedCredentials?.count == 20)
    }

    @Test("A second credential of the same name, or of the same issuer and subject, is refused")
    func duplicates() async throws {
        let controls = try await Self.controls()
        var identity = EntraIdentity.test()
        try controls.add(Self.credential("s-1", name: "a"), to: &identity)
        #expect(throws: EmulatorError.self) { try controls.add(Self.credential("s-2", name: "a"), to: &identity) }
        #expect(throws: EmulatorError.self) {
            try controls.add(Self.credential("s-1", name: "b", issuer: TestEntra.issuer), to: &identity)
        }
        try controls.add(Self.credential("s-1", name: "b", issuer: "https://other.example/"), to: &identity)
        #expect(identity.federatedCredentials?.count == 2)
    }

    @Test("A credential without a name is removed by its position, and an unknown name gets a suggestion")
    func removal() async throws {
        let controls = try await Self.controls()
        var identity = EntraIdentity.test()
        for subject in ["s-1", "s-2"] { try controls.add(Self.credential(subject), to: &identity) }
        let error = try #require(throws: EmulatorError.self) {
            try controls.removeCredential(named: "credential-3", from: &identity)
        }
        #expect(error.kind == .notFound)
        #expect(error.description.contains("did you mean credential-"))
        try controls.removeCredential(named: "credential-1", from: &identity)
        #expect(identity.federatedCredentials?.map(\.subject) == ["s-2"])
    }
}
