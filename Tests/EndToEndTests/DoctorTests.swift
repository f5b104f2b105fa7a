import AzureEmulator
import Diagnostics
import Documents
import Foundation
import ProviderTransport
import TestSupport
import Testing

@Suite("The doctor", .timeLimit(.minutes(20)))
struct DoctorTests {
    @Test("the doctor names the one cause, and its fix, for each broken set-up")
    func causes() async throws {
        try await EmulatedEnvironment.with(seed: try BrokenSetup.seed()) { world in
            for setup in BrokenSetup.all { try await setup.check(in: world) }
        }
    }

    @Test("the doctor finds no problem in a correct set-up, sends the requests of a mount, and shows no secret")
    func healthy() async throws {
        try await EmulatedEnvironment.with(seed: try BrokenSetup.seed()) { world in
            let report = try await BrokenSetup("nothing", "", []).report(in: world)
            #expect(report.steps.filter { $0.status == .failed }.map(\.detail) == [])
            #expect(report.cause == nil)
            let ids = Set(report.steps.map(\.id))
            for id in [
                "manifests", "provider", "identity", "token-given", "token-audience", "token-subject", "token-time",
                "issuer-address", "issuer-discovery", "issuer-keys", "entra-name", "entra-connection",
                "entra-certificate", "clock", "entra-tenant", "exchange", "vault-name", "vault-connection",
                "vault-certificate", "vault-challenge", "object", "volume",
            ] {
                #expect(ids.contains(id), Comment(rawValue: id))
            }
            let name = report.steps.first { $0.id == "entra-name" }?.detail
            #expect(name == "the proxy 127.0.0.1 resolves login.microsoftonline.com")
            for text in [report.text(TextStyle(isColoured: true)), report.json.document] {
                #expect(!text.contains("eyJ") && !text.contains("plain value"))
            }
            let object = try JSONSerialization.jsonObject(with: Data(report.json.document.utf8)) as? [String: Any]
            #expect(object?["works"] as? Bool == true)
        }
    }

    @Test("the doctor uses the ServiceAccount's annotations if the provider does")
    func annotated() async throws {
        try await EmulatedEnvironment.with(keys: false, seed: try BrokenSetup.seed()) { world in
            let report = try await BrokenSetup("nothing", "", []) {
                $0.leaveToAccount(
                    "azure.workload.identity/client-id: \(EmulatedEnvironment.reader), azure.workload.identity/tenant-id: \(EmulatedEnvironment.tenant)"
                )
            }.report(in: world)
            #expect(report.cause == nil, Comment(rawValue: report.text(TextStyle(isColoured: false))))
            #expect(report.steps.first { $0.id == "identity" }?.detail.contains("ServiceAccount team-a/reader") == true)
        }
    }

    @Test("the doctor distinguishes a provider that does not serve from a missing one")
    func stopping() async throws {
        try await EmulatedEnvironment.with(keys: false, seed: try BrokenSetup.seed()) { world in
            try await TemporaryDirectory.with { directory in
                let endpoint = Endpoint.unix(path: directory.file("azure.sock"))
                let (gate, opening) = AsyncStream<Void>.makeStream()
                let server = try RPCServer.start(
                    endpoint: endpoint,
                    version: ProviderVersion(version: "v1alpha1", runtimeName: "tests", runtimeVersion: "v0")
                ) { _ throws(RPCStatus) in
                    for await _ in gate {}
                    throw RPCStatus(code: .internal, message: "too late")
                }
                let client = RPCClient(endpoint: endpoint)
                let request = MountRequestMessage(
                    attributes: Array("{}".utf8), secrets: Array("null".utf8), targetPath: "/unused", permission: "420")
                let call = Task { () -> RPCStatus? in
                    do throws(RPCStatus) { _ = try await client.mount(request) } catch { return error }
                    return nil
                }
                #expect(try await eventually { server.runningMounts == 1 })
                let stop = Task { await server.stop(grace: .seconds(60)) }
                #expect(try await eventually { try await !client.isServing(timeout: .seconds(300)) })
                try await BrokenSetup("a provider that stops", "provider", ["not serving", "kubectl logs"]) {
                    $0.settings.provider = endpoint
                }.check(in: world)
                opening.finish()
                #expect(await call.value?.message == "too late")
                await stop.value
            }
        }
    }

    @Test("the doctor reports a proxy that refuses its credentials")
    func proxyCredentials() async throws {
        try await EmulatedEnvironment.with(
            keys: false, seed: try BrokenSetup.seed(),
            proxy: EmulatedEnvironment.Proxy(demanded: "user:right", given: "user:wrong@")
        ) { world in
            let report = try await BrokenSetup("proxy", "", []).report(in: world)
            #expect(report.cause?.id == "entra-connection")
            #expect(report.verdict.contains("407"))
        }
    }
}
