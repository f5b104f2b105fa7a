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

    private struct Endpoints: Decodable {
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
        environment = [
            "HTTPS_PROXY": "http://127.0.0.1:\(endpoints.proxyPort)", "SSL_CERT_FILE": "\(directory)/ca.pem",
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
