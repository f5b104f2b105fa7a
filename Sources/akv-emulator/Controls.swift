import ArgumentParser
import AsyncHTTPClient
import AzureEmulator
import Foundation
import NIOCore
import NIOHTTP1

/// Calls one of a running emulator's controls.
func control(
    _ method: HTTPMethod, _ path: String, in directory: String, body: Data = Data()
) async throws -> Data {
    let endpoints = try EmulatorDirectory(path: directory).endpoints()
    var request = HTTPClientRequest(url: "http://127.0.0.1:\(endpoints.adminPort)\(path)")
    request.method = method
    request.body = .bytes(ByteBuffer(bytes: body))
    let response: HTTPClientResponse
    do {
        response = try await HTTPClient.shared.execute(request, timeout: .seconds(10))
    } catch {
        throw EmulatorNotRunning(path: directory)
    }
    let answer = try await response.body.collect(upTo: 16 << 20)
    guard (200..<300).contains(response.status.code) else {
        throw EmulatorRefusal(answer: Data(answer.readableBytesView))
    }
    return Data(answer.readableBytesView)
}

/// Why a running emulator did not do what it was told, in its own words.
struct EmulatorRefusal: Error, CustomStringConvertible {
    var answer: Data

    var description: String {
        let problem = try? JSONDecoder().decode(AdminProblem.self, from: answer)
        return "the emulator refuses: \(problem?.message ?? String(decoding: answer, as: UTF8.self))"
    }
}

/// A token of the built-in cluster, lifetime in seconds.
func serviceAccountToken(
    _ name: String, namespace: String, audience: String, lifetime: Int, in directory: String
) async throws -> String {
    let request = TokenRequest(spec: TokenRequest.Spec(audiences: [audience], expirationSeconds: lifetime))
    let answer = try await control(
        .POST, "/api/v1/namespaces/\(escaped(namespace))/serviceaccounts/\(escaped(name))/token",
        in: directory, body: try JSONEncoder().encode(request))
    return try JSONDecoder().decode(TokenRequest.self, from: answer).status?.token ?? ""
}

func escaped(_ segment: String) -> String {
    segment.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-", ".", "_"])) ?? segment
}

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a service-account token of the built-in cluster, as `kubectl create token` would.")

    @Option(help: "The running emulator's directory.")
    var directory = "akv-emulator.d"

    @Option(name: .shortAndLong, help: "The service account's namespace.")
    var namespace = "default"

    @Option(help: "The token's audience.")
    var audience = "api://AzureADTokenExchange"

    @Option(help: "Seconds for which the token is valid.")
    var lifetime = 3600

    @Argument(help: "The service account.")
    var serviceAccount: String

    func run() async throws {
        print(
            try await serviceAccountToken(
                serviceAccount, namespace: namespace, audience: audience, lifetime: lifetime, in: directory))
    }
}

struct Calls: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print how often Entra and the vaults were called.")

    @Option(help: "The running emulator's directory.")
    var directory = "akv-emulator.d"

    @Flag(help: "Start counting from zero again.")
    var reset = false

    @Flag(help: "Print each class of calls too, and how many were under way at once.")
    var classes = false

    func run() async throws {
        let answer = try await control(.GET, "/calls", in: directory)
        let counts = try JSONDecoder().decode(CallLog.Counts.self, from: answer)
        if reset { _ = try await control(.DELETE, "/calls", in: directory) }
        print(
            "token requests: \(counts.tokens), vault requests: \(counts.vault), "
                + "unauthorized: \(counts.unauthorized), connections: \(counts.connections)")
        guard classes else { return }
        for (name, kind) in counts.classes.sorted(by: { $0.key < $1.key }) {
            print("\(name): \(kind.calls) calls, \(kind.peak) at once at most, \(kind.running) now")
        }
    }
}
