import Azure
import AzureTestSupport
import Foundation
import ProviderCore
import SecretMemory
import Synchronization
import TestSupport
import Testing

@Suite("The client assertion signed with a certificate")
struct ClientAssertionTests {
    private static let clientID = "1f2d3c4b-0000-4000-8000-000000000002"

    /// The form and the address of the token request that a mount in `tenantID` sends.
    private static func request(
        tenantID: String, cloud: AzureCloud, time: TimeSource = ManualTime().source
    ) async throws -> (url: String, form: [String: String]) {
        let material = try Material.shared.get()
        let pem = try material.text("rsa.key") + material.text("rsa.crt")
        let certificate = try ClientCertificate(parsing: SecretBytes(pem))
        let transport = FakeAzure(responses: [
            FakeAzure.response(200, #"{"access_token":"t","expires_in":3599}"#)
        ])
        let exchange = TokenExchange(transport: transport, time: time)
        _ = try await exchange.exchange(
            .certificate(certificate), clientID: clientID, tenantID: tenantID, cloud: cloud,
            resource: "https://vault.azure.net", context: time.context())
        let sent = try #require(transport.requests.first)
        var form = URLComponents()
        form.percentEncodedQuery = sent.body.map { $0.withExposed { String(decoding: $0, as: UTF8.self) } }
        let fields = (form.queryItems ?? []).map { ($0.name, $0.value ?? "") }
        return (sent.url, Dictionary(uniqueKeysWithValues: fields))
    }

    private static func part(_ jwt: String, _ index: Int) throws -> [String: Any] {
        let text = String(jwt.split(separator: ".")[index]).replacing("-", with: "+").replacing("_", with: "/")
        let padded = text + String(repeating: "=", count: (4 - text.count % 4) % 4)
        let object = try JSONSerialization.jsonObject(with: try #require(Data(base64Encoded: padded)))
        return try #require(object as? [String: Any])
    }

    @Test("the assertion has the token endpoint as its audience and is valid for ten minutes")
    func claims() async throws {
        let tenant = "72f988bf-86f1-41af-91ab-2d7cd011db47"
        let cloud = try AzureCloud.named("AzureChinaCloud", environmentFile: nil)
        let (url, form) = try await Self.request(tenantID: tenant, cloud: cloud)
        #expect(url == "https://login.chinacloudapi.cn/\(tenant)/oauth2/v2.0/token")
        #expect(form["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        #expect(form["client_id"] == Self.clientID)
        let jwt = try #require(form["client_assertion"])
        let header = try Self.part(jwt, 0)
        #expect(header["alg"] as? String == "PS256")
        #expect(header["typ"] as? String == "JWT")
        #expect((header["x5t#S256"] as? String)?.count == 43)
        let claims = try Self.part(jwt, 1)
        #expect(claims["aud"] as? String == url)
        #expect(claims["iss"] as? String == Self.clientID)
        #expect(claims["sub"] as? String == Self.clientID)
        #expect(claims["nbf"] as? Int == 1_800_000_000)
        #expect(claims["exp"] as? Int == 1_800_000_600)
        let other = try #require(try await Self.request(tenantID: tenant, cloud: cloud).form["client_assertion"])
        #expect(try Self.part(other, 1)["jti"] as? String != claims["jti"] as? String)
    }

    @Test("the signature is not made on the executor that the mount prefers, which is the network's")
    func signatureElsewhere() async throws {
        let cloud = try AzureCloud.named("AzurePublicCloud", environmentFile: nil)
        let executor = CountingExecutor()
        // The clock is read for the assertion only.
        let places = Mutex<[Bool]>([])
        var time = ManualTime().source
        time.wallClock = {
            places.withLock { $0.append(executor.isCurrent) }
            return 1_800_000_000
        }
        _ = try await withTaskExecutorPreference(executor) { [time] in
            #expect(executor.isCurrent)
            return try await Self.request(tenantID: "tenant", cloud: cloud, time: time)
        }
        #expect(places.withLock { $0 } == [false])
    }

    @Test("for AD FS, the assertion uses the token endpoint and the algorithm of AD FS")
    func federationServices() async throws {
        let file = #"{"activeDirectoryEndpoint":"https://adfs.example/adfs","keyVaultDNSSuffix":"vault.example"}"#
        let cloud = try AzureCloud.named(
            "AzureStackCloud",
            environmentFile: AzureCloud.EnvironmentFile(path: "/c.json", contents: .success(Array(file.utf8))))
        let (url, form) = try await Self.request(tenantID: "ADFS", cloud: cloud)
        #expect(url == "https://adfs.example/adfs/oauth2/token")
        let jwt = try #require(form["client_assertion"])
        let header = try Self.part(jwt, 0)
        #expect(header["alg"] as? String == "RS256")
        #expect((header["x5t"] as? String)?.count == 27)
        #expect(try Self.part(jwt, 1)["aud"] as? String == url)
    }
}
