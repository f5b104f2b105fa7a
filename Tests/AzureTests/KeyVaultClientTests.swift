import Azure
import AzureTestSupport
import ProviderCore
import SecretMemory
import Testing

@Suite("The Key Vault client")
struct KeyVaultClientTests {
    private let vault = VaultAddress(name: "kv", suffix: "vault.azure.net")
    private let token = AccessToken(secret: SecretBytes("the-token"), lifetime: 3600)

    private func read(
        _ type: KeyVaultObject.ObjectType, _ name: String = "name", version: String = "",
        _ steps: FakeAzure.Step...
    ) async -> (Result<KeyVaultClient.Outcome<VaultBundle>, ProviderError>, [HTTPRequest]) {
        let (transport, time) = (FakeAzure(responses: steps), ManualTime().source)
        let client = KeyVaultClient(transport: transport, time: time)
        do throws(ProviderError) {
            let outcome = try await client.read(
                KeyVaultObject(name: name, type: type), version: version, in: vault, token: token,
                context: time.context())
            return (.success(outcome), transport.requests)
        } catch {
            return (.failure(error), transport.requests)
        }
    }

    @Test(
        "the client sends the token with the first request for an object",
        arguments: [
            (KeyVaultObject.ObjectType.secret, "a", "", "https://kv.vault.azure.net/secrets/a/?api-version=7.4"),
            (.key, "a", "1", "https://kv.vault.azure.net/keys/a/1?api-version=7.4"),
            (.certificate, "a b", "", "https://kv.vault.azure.net/certificates/a%20b/?api-version=7.4"),
            (.secret, "../keys/x?y#z", "", "https://kv.vault.azure.net/secrets/..%2Fkeys%2Fx%3Fy%23z/?api-version=7.4"),
        ])
    func request(type: KeyVaultObject.ObjectType, name: String, version: String, url: String) async {
        let (_, requests) = await read(type, name, version: version, FakeAzure.response(404))
        #expect(requests.map(\.url) == [url])
        #expect(requests.first?.bearer === token.secret)
    }

    @Test(
        "a response without the fields that a mount needs is refused in upstream's words",
        arguments: [
            (KeyVaultObject.ObjectType.secret, "{}", "secret value is nil"),
            (.secret, "{\"value\":null,\"id\":\"x\"}", "secret value is nil"),
            (.secret, "{\"value\":\"v\"}", "secret id is nil"), (.key, "{}", "key value is nil"),
            (.key, "{\"key\":{}}", "key id is nil"), (.certificate, "{\"id\":\"x\"}", "certificate value is nil"),
            (.certificate, "{\"cer\":\"AA==\"}", "certificate id is nil"), (.secret, "<html>", "is not JSON"),
            (.secret, "[]", "is not a JSON object"),
            (.key, "{\"key\":{\"kid\":\"x\",\"n\":\"!\"}}", "n is not base64url"),
        ])
    func malformed(type: KeyVaultObject.ObjectType, body: String, words: String) async {
        let (result, _) = await read(type, "name", version: "", FakeAzure.response(200, body))
        #expect { try result.get() } throws: { error in
            let error = error as? ProviderError
            return error?.code == .answerMalformed && error?.message.contains(words) == true
        }
    }

    @Test(
        "a response with the id of the requested object is accepted in any letter case, with or without a port",
        arguments: [
            "https://kv.vault.azure.net/secrets/name/v1", "https://KV.vault.azure.net:443/secrets/NAME/V1",
            "https://kv.private.example/secrets/name/v1", "https://kv.vault.azure.net/secrets/name", "x",
        ])
    func ownAnswer(id: String) async throws {
        let (result, _) = await read(
            .secret, "name", version: "v1", FakeAzure.response(200, "{\"value\":\"v\",\"id\":\"\(id)\"}"))
        #expect(throws: Never.self) { try result.get() }
    }

    @Test(
        "a response about another vault, object, type or version is refused, and the error names both",
        arguments: [
            ("https://other.vault.azure.net/secrets/name/v1", ["of the vault other.vault.azure.net", "not kv.vault"]),
            ("https://x.kv.vault.azure.net/secrets/name/v1", ["of the vault x.kv.vault.azure.net"]),
            ("https://kv.vault.azure.net/secrets/other/v1", ["of secrets/other", "not secrets/name"]),
            ("https://kv.vault.azure.net/keys/name/v1", ["of keys/name", "not secrets/name"]),
            ("https://kv.vault.azure.net/certificates/name/v1", ["of certificates/name", "not secrets/name"]),
            ("https://kv.vault.azure.net/secrets/name/v2", ["of version v2", "not v1"]),
            ("https://kv.private.example/secrets/other/v1", ["of secrets/other"]),
        ] as [(String, [String])])
    func foreignAnswer(id: String, words: [String]) async {
        let (result, _) = await read(
            .secret, "name", version: "v1", FakeAzure.response(200, "{\"value\":\"v\",\"id\":\"\(id)\"}"))
        #expect { try result.get() } throws: { error in
            guard let error = error as? ProviderError, error.code == .answerMalformed else { return false }
            return words.allSatisfy { error.message.contains($0) } && !error.message.contains("\"v\"")
        }
    }

    @Test("the id of a key or a certificate is checked too")
    func foreignKeys() async {
        let key = "{\"key\":{\"kid\":\"https://kv.vault.azure.net/secrets/name/1\",\"kty\":\"RSA\"}}"
        let certificate = "{\"cer\":\"AAAA\",\"id\":\"https://kv.vault.azure.net/certificates/other/1\"}"
        for (type, body) in [(KeyVaultObject.ObjectType.key, key), (.certificate, certificate)] {
            let (result, _) = await read(type, "name", version: "", FakeAzure.response(200, body))
            #expect { try result.get() } throws: { ($0 as? ProviderError)?.code == .answerMalformed }
        }
    }

    @Test(
        "each refusal has its error code",
        arguments: [
            (
                403, "{\"error\":{\"code\":\"Forbidden\",\"innererror\":{\"code\":\"ForbiddenByRbac\"}}}",
                ErrorCode.vaultForbidden
            ),
            (403, "{\"error\":{\"code\":\"Forbidden\",\"innererror\":{\"code\":\"SecretDisabled\"}}}", .objectDisabled),
            (404, "{\"error\":{\"code\":\"SecretNotFound\"}}", .objectNotFound), (400, "", .requestRefused),
            (429, "", .throttled), (503, "<html>", .serviceUnavailable), (302, "", .answerMalformed),
        ])
    func refusals(status: Int, body: String, code: ErrorCode) async {
        let steps = Array(repeating: FakeAzure.response(status, body), count: 4)
        let (result, _) = await read(.secret, "name", version: "", steps[0], steps[1], steps[2], steps[3])
        #expect { try result.get() } throws: { error in
            let error = error as? ProviderError
            return error?.code == code && error?.message.contains("RESPONSE \(status)") == true
        }
    }

    @Test(
        "a challenge is accepted only if its resource is a parent domain of the vault's host",
        arguments: [
            (
                "Bearer authorization=\"https://login/t\", resource=\"https://vault.azure.net\"",
                "https://vault.azure.net"
            ),
            (
                "Bearer authorization=\"https://login/t\" scope=\"https://vault.azure.net/.default\"",
                "https://vault.azure.net"
            ),
            ("Bearer resource=\"https://vault.azure.net/\"", "https://vault.azure.net"),
            ("Bearer resource=\"https://evil.example\"", nil), ("Bearer resource=\"https://ault.azure.net\"", nil),
            ("Bearer resource=\"http://vault.azure.net\"", nil), ("Bearer resource=\"https://x@vault.azure.net\"", nil),
            ("Basic realm=\"x\"", nil), ("", nil),
        ] as [(String, String?)])
    func challenge(header: String, resource: String?) async throws {
        let (result, _) = await read(
            .secret, "name", version: "", FakeAzure.response(401, "", [("WWW-Authenticate", header)]))
        guard case .tokenRejected(let believed, let error) = try result.get() else { throw UnexpectedOutcome() }
        #expect(believed == resource)
        #expect(error.code == .vaultUnauthorized)
    }

    private func versions(_ steps: FakeAzure.Step...) async -> (Result<[String], ProviderError>, [String]) {
        let (transport, time) = (FakeAzure(responses: steps), ManualTime().source)
        let client = KeyVaultClient(transport: transport, time: time)
        do throws(ProviderError) {
            let outcome = try await client.versions(
                of: KeyVaultObject(name: "n", type: .secret), in: vault, token: token, context: time.context())
            guard case .value(let records) = outcome else { return (.success([]), []) }
            return (.success(records.map(\.version)), transport.requests.map(\.url))
        } catch {
            return (.failure(error), transport.requests.map(\.url))
        }
    }

    private func page(_ version: String?, next: String?) -> FakeAzure.Step {
        let item = version.map {
            "{\"id\":\"https://kv.vault.azure.net/secrets/n/\($0)\",\"attributes\":{\"enabled\":true}}"
        }
        return FakeAzure.response(
            200, "{\"value\":[\(item ?? "")],\"nextLink\":\(next.map { "\"\($0)\"" } ?? "null")}")
    }

    @Test("the client follows all pages of a list in the same vault, including empty ones")
    func pages() async throws {
        let base = "https://kv.vault.azure.net:443/secrets/n/versions?api-version=7.4&$skiptoken="
        let (result, urls) = await versions(
            page("1", next: base + "a"), page(nil, next: base + "b"), page("2", next: nil))
        #expect(try result.get() == ["1", "2"])
        #expect(urls.last == "https://kv.vault.azure.net/secrets/n/versions?api-version=7.4&$skiptoken=b")
    }

    @Test(
        "the client does not follow a link to another host, or to the same page again",
        arguments: [
            "https://evil.example/secrets/n/versions", "http://kv.vault.azure.net/secrets/n/versions",
            "https://kv.vault.azure.net@evil.example/x", "https://kv.vault.azure.net:8443/x",
            "https://kv.vault.azure.net.evil.example/x", "https://kv.vault.azure.net\\\\.evil.example/x",
            "/secrets/n/versions",
            "https://kv.vault.azure.net/secrets/n/versions?api-version=7.4",
        ])
    func foreignLink(link: String) async {
        let (result, urls) = await versions(page("1", next: link), page("2", next: nil))
        #expect(throws: ProviderError.self) { try result.get() }
        #expect(urls.count == 1)
    }
}

struct UnexpectedOutcome: Error {}
