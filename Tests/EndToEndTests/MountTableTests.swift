import AzureEmulator
import CSIProvider
import Foundation
import Logging
import ProviderCore
import ProviderTransport
import Synchronization
import TestSupport
import Testing

extension MountCase: CustomTestStringConvertible {}

@Suite("The mount table over the real socket and real TLS", .tableWorld, .timeLimit(.minutes(20)))
struct MountTableTests {
    /// A few servers at a time.
    private static let limit = ConcurrencyLimit(4)

    @Test("Mounts or fails as the case says", arguments: try MountCase.all(for: .emulator))
    func mounts(_ testCase: MountCase) async throws {
        try await Self.limit.run { try await run(testCase) }
    }

    private func run(_ testCase: MountCase) async throws {
        let world = try #require(TableWorld.current)
        try await TemporaryDirectory.with { directory in
            let tokens = Mutex<[String]>([])
            var files: [String: String] = [:]
            for (name, text) in testCase.cloudFiles ?? [:] { files[name] = try directory.write(text.utf8, to: name) }
            let fill = Placeholders(material: try Material.shared.get(), files: files) { token in
                let text = try await world.token(
                    token.serviceAccount, namespace: token.namespace, audience: token.audience,
                    lifetime: token.lifetime)
                tokens.withLock { $0.append(text) }
                return text
            }
            var settings = MountPipeline.Settings(testCase.flags, files: files)
            settings.tokens = world.tokens
            let service = ProviderService(
                mounts: MountPipeline(settings: settings, transport: world.transport),
                logger: Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }))
            let call = try await MountCall(testCase, fill)
            let outcome = try await Self.outcome(of: call, service, at: .unix(path: directory.file("p.sock")))
            let differences = try await testCase.expect.differences(
                from: outcome, fill, unspeakable: tokens.withLock { $0 })
            for difference in differences { Issue.record("\(testCase.name): \(difference)") }
        }
    }

    /// What a driver that calls at `endpoint` gets from `service`.
    private static func outcome(
        of call: MountCall, _ service: ProviderService, at endpoint: Endpoint
    ) async throws -> MountOutcome {
        let server = try RPCServer.start(
            endpoint: endpoint,
            version: ProviderVersion(version: "v1alpha1", runtimeName: "tests", runtimeVersion: "v0"),
            handler: service.handle)
        let outcome: MountOutcome
        do throws(RPCStatus) {
            let answer = try await RPCClient(endpoint: endpoint).mount(
                MountRequestMessage(
                    attributes: Array(call.attributes.utf8), secrets: Array(call.secrets.utf8), targetPath: "/unused",
                    permission: call.permission))
            #expect(answer.errorCode.isEmpty)
            outcome = .files(
                answer.files.map { MountOutcome.File(path: $0.path, mode: $0.mode, contents: $0.contents) },
                versions: answer.objectVersions.map { ($0.id, $0.version) })
        } catch {
            outcome = .failure(code: error.code.name, message: error.message)
        }
        await server.stop(grace: .seconds(1))
        return outcome
    }
}

/// One world for all cases: it is made when the suite begins and ends with it.
struct TableWorld: SuiteTrait, TestScoping {
    @TaskLocal static var current: World?

    var isRecursive: Bool { false }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let seed = try Self.seed()
        let (worlds, ready) = AsyncStream<World>.makeStream()
        let (ended, end) = AsyncStream<Void>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                defer { ready.finish() }
                try await World.with(seed: seed) { world in
                    ready.yield(world)
                    for await _ in ended {}
                }
            }
            if let world = await worlds.first(where: { _ in true }) {
                try await Self.$current.withValue(world) { try await function() }
            }
            end.finish()
            try await group.waitForAll()
        }
    }

    private static func seed() throws -> Seed {
        let material = try Material.shared.get()
        var seed = try Seed(yaml: try String(contentsOf: Fixtures.url("table.yaml"), encoding: .utf8))
        seed.identities = try seed.identities?.map { identity in
            var identity = identity
            identity.clientCertificates = try identity.clientCertificates?.map { try material.filled($0) }
            return identity
        }
        seed.vaults = try seed.vaults?.map { vault in
            var vault = vault
            vault.secrets = try vault.secrets?.map { secret in
                var secret = secret
                secret.value = try secret.value.map { try material.filled($0) }
                return secret
            }
            vault.bundles = try vault.bundles?.map { bundle in
                var bundle = bundle
                bundle.body = try material.filledJSON(bundle.body)
                return bundle
            }
            return vault
        }
        return seed
    }
}

extension Trait where Self == TableWorld {
    static var tableWorld: Self { Self() }
}

extension MountPipeline.Settings {
    /// What an operator who sets `flags` gets.
    fileprivate init(_ flags: MountCase.Flags?, files: [String: String]) {
        self.init(
            defaultCloudName: flags?.defaultCloud ?? "AzurePublicCloud",
            conversion: ContentConversion(
                constructsChain: flags?.constructsChain ?? true,
                separatesCertificateAndKey: flags?.separatesCertificateAndKey ?? false),
            cloudFiles: CloudEnvironmentFiles(defaultPath: flags?.cloudFile.flatMap { files[$0] } ?? ""))
    }
}
