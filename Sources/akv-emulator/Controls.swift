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
    let answer = try await response.body.collect(upTo: 1 << 20)
    guard (200..<300).contains(response.status.code) else {
        throw ValidationError("the emulator refuses: \(String(buffer: answer))")
    }
    return Data(answer.readableBytesView)
}

private func escaped(_ segment: String) -> String {
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
        let body: [String: Any] = ["spec": ["audiences": [audience], "expirationSeconds": lifetime]]
        let answer = try await control(
            .POST, "/api/v1/namespaces/\(escaped(namespace))/serviceaccounts/\(escaped(serviceAccount))/token",
            in: directory, body: try JSONSerialization.data(withJSONObject: body))
        let status = (try JSONSerialization.jsonObject(with: answer) as? [String: Any])?["status"] as? [String: Any]
        print(status?["token"] as? String ?? "")
    }
}

struct SetSecret: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Give a secret a new version.")

    @Option(help: "The running emulator's directory.")
    var directory = "akv-emulator.d"

    @Argument(help: "The vault.")
    var vault: String

    @Argument(help: "The secret.")
    var name: String

    @Argument(help: "The new value.")
    var value: String

    func run() async throws {
        let answer = try await control(
            .PUT, "/vaults/\(escaped(vault))/secrets/\(escaped(name))", in: directory, body: Data(value.utf8))
        let version = (try JSONSerialization.jsonObject(with: answer) as? [String: Any])?["version"] as? String ?? ""
        print("\(vault)/\(name) has the new version \(version)")
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
