internal import Foundation
internal import HTTPFetch

/// A running `akv-emulator`, and its control API.
struct EmulatedAzure: Sendable {
    /// The time that the emulator waits before each response.
    let latency: Duration
    let process: ChildProcess
    /// The environment variables that direct Azure's host names to the emulator.
    let environment: [String: String]
    private let admin: String
    /// The address of Entra.
    private let entra: String
    /// The file with the certificate authority of Entra and the vaults.
    private let authority: String

    private struct Endpoints: Decodable {
        var httpsPort: Int
        var proxyPort: Int
        var adminPort: Int
    }

    init(latency milliseconds: Int, seed: EmulatorSeed, programs: Programs, watchdog: Watchdog) async throws {
        let directory = "\(watchdog.directory)/azure-\(milliseconds)"
        let seedFile = "\(directory).yaml"
        try Data(seed.yaml.utf8).write(to: URL(fileURLWithPath: seedFile))
        process = try ChildProcess(
            programs.emulator,
            ["serve", "--seed", seedFile, "--directory", directory, "--latency", "\(milliseconds)"]
                + programs.emulatorFlags,
            environment: Programs.environment, log: "\(directory).log", watchdog: watchdog)
        let endpoints = try await process.waitUntilReady("the emulator's endpoints") {
            try FileManager.default.contents(atPath: "\(directory)/endpoints.json").map {
                try JSONDecoder().decode(Endpoints.self, from: $0)
            }
        }
        latency = .milliseconds(milliseconds)
        admin = "http://127.0.0.1:\(endpoints.adminPort)"
        entra = "https://localhost:\(endpoints.httpsPort)"
        authority = "\(directory)/ca.pem"
        environment = [
            "HTTPS_PROXY": "http://127.0.0.1:\(endpoints.proxyPort)", "SSL_CERT_FILE": authority,
        ]
    }

    func counts() async throws -> CallCounts {
        try JSONDecoder().decode(CallCounts.self, from: try await control("GET", "/calls"))
    }

    /// Gives a secret a new version.
    func set(_ secret: String, in vault: String, to value: [UInt8]) async throws {
        _ = try await control("PUT", "/vaults/\(vault)/secrets/\(secret)", Data(value))
    }

    /// Creates a service account token for a pod of `tenant`, as the kubelet does for each pod.
    func token(for tenant: EmulatorSeed.Tenant) async throws -> PodToken {
        struct TokenRequest: Decodable {
            struct Status: Decodable {
                var token: String
                var expirationTimestamp: String
            }
            var status: Status
        }
        let path = "/api/v1/namespaces/\(tenant.namespace)/serviceaccounts/\(tenant.serviceAccount)/token"
        let body = #"{"spec":{"audiences":["\#(PodToken.audience)"],"expirationSeconds":86400}}"#
        let response = try await control("POST", path, Data(body.utf8))
        let status = try JSONDecoder().decode(TokenRequest.self, from: response).status
        return PodToken(token: status.token, expiry: status.expirationTimestamp)
    }

    /// Exchanges a pod's token for an access token to Key Vault.
    func accessToken(for tenant: EmulatorSeed.Tenant) async throws -> String {
        struct TokenResponse: Decodable {
            var access_token: String
        }
        var request = HTTPFetch(url: "\(entra)/\(tenant.tenantID)/oauth2/v2.0/token")
        request.method = "POST"
        request.headers = ["Content-Type": "application/x-www-form-urlencoded"]
        request.trustRoots = authority
        let fields = [
            "client_id": tenant.clientID, "grant_type": "client_credentials",
            "scope": "https://vault.azure.net/.default",
            "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": try await token(for: tenant).token,
        ]
        // None of the values has a character that a form must escape.
        request.body = Array(fields.map { "\($0.key)=\($0.value)" }.joined(separator: "&").utf8)
        let response = try await request.response()
        guard response.status == 200 else {
            throw BenchmarkError(
                "the emulator refused a token: \(String(decoding: response.body, as: UTF8.self))")
        }
        return try JSONDecoder().decode(TokenResponse.self, from: Data(response.body)).access_token
    }

    private func control(_ method: String, _ path: String, _ body: Data = Data()) async throws -> Data {
        var request = HTTPFetch(url: admin + path)
        request.method = method
        request.body = Array(body)
        request.timeout = .seconds(30)
        let response = try await request.response()
        guard (200..<300).contains(response.status) else {
            throw BenchmarkError(
                "the emulator refused \(method) \(path): \(String(decoding: response.body, as: UTF8.self))")
        }
        return Data(response.body)
    }
}
