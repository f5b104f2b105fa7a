import AzureEmulator
import Foundation
import ProviderTransport
import Synchronization
import TestSupport
import Testing

extension MountCase: CustomTestStringConvertible {}

/// Runs the table against programs that many cases share: the state of a program after one case must not change the
/// result of another.
@Suite(
    "The mount table over the socket of the program", .tableEnvironment, .timeLimit(.minutes(20)),
    .enabled(if: Programs.folder != nil, "AKV_PROGRAMS must name the folder of the programs"))
struct MountTableTests {
    @Test(
        "The mount succeeds or fails as the case expects",
        arguments: try MountCase.all(for: .emulator).filter { !$0.hasCloudFile })
    func mounts(_ testCase: MountCase) async throws {
        try await Self.check(testCase)
    }

    /// One case after the other, because each writes the operator's file.
    @Test(
        "The mount succeeds or fails as the case expects, with the operator's own description of a cloud", .serialized,
        arguments: try MountCase.all(for: .emulator).filter(\.hasCloudFile))
    func mountsInDescribedCloud(_ testCase: MountCase) async throws {
        try await Self.check(testCase)
    }

    private static func check(_ testCase: MountCase) async throws {
        let environment = try #require(TableEnvironment.current)
        try await TemporaryDirectory.with { directory in
            let tokens = Mutex<[String]>([])
            var files: [String: String] = [:]
            for (name, text) in testCase.cloudFiles ?? [:] { files[name] = try directory.write(text.utf8, to: name) }
            let fill = Placeholders(material: try Material.shared.get(), files: files) { token in
                let text = try await environment.world.token(
                    token.serviceAccount, namespace: token.namespace, audience: token.audience,
                    lifetime: token.lifetime)
                tokens.withLock { $0.append(text) }
                return text
            }
            let call = try await MountCall(testCase, fill)
            let program = try await environment.programs.program(for: testCase)
            let outcome = await outcome(of: call, for: "/pods/\(testCase.name)", from: program.client)
            let differences = try await testCase.expect.differences(
                from: outcome, fill, unspeakable: tokens.withLock { $0 })
            for difference in differences { Issue.record("\(testCase.name): \(difference)") }
        }
    }

    private static func outcome(of call: MountCall, for target: String, from client: RPCClient) async -> MountOutcome {
        do throws(RPCStatus) {
            let answer = try await client.mount(
                MountRequestMessage(
                    attributes: Array(call.attributes.utf8), secrets: Array(call.secrets.utf8), targetPath: target,
                    permission: call.permission))
            #expect(answer.errorCode.isEmpty)
            return .files(
                answer.files.map { MountOutcome.File(path: $0.path, mode: $0.mode, contents: $0.contents) },
                versions: answer.objectVersions.map { ($0.id, $0.version) })
        } catch {
            return .failure(code: error.code.name, message: error.message)
        }
    }
}

/// One program for each set of flags that the table has, started when the first case needs it.
actor ProgramPool {
    /// The flags and the environment of a program.
    private struct Settings: Hashable {
        var flags: [String]
        var hasCloudFile: Bool

        init(_ testCase: MountCase) {
            let flags = testCase.flags
            self.flags = [
                flags?.constructsChain.map { "--construct-pem-chain=\($0)" },
                flags?.separatesCertificateAndKey.map { "--write-cert-and-key-in-separate-files=\($0)" },
                flags?.defaultCloud.map { "--cloud-name=\($0)" },
            ].compactMap { $0 }
            hasCloudFile = testCase.hasCloudFile
        }
    }

    private let world: EmulatedEnvironment
    private let directory: TemporaryDirectory
    private var programs: [Settings: Task<ProviderProgram, any Error>] = [:]

    init(_ world: EmulatedEnvironment, _ directory: TemporaryDirectory) {
        (self.world, self.directory) = (world, directory)
    }

    /// The program of an operator who sets the flags of `testCase`, with the operator's file of the case.
    func program(for testCase: MountCase) async throws -> ProviderProgram {
        var environment: [String: String] = [:]
        if let name = testCase.flags?.cloudFile {
            let text = testCase.cloudFiles?[name] ?? ""
            environment["AZURE_ENVIRONMENT_FILEPATH"] = try directory.write(text.utf8, to: "operator.json")
        }
        let settings = Settings(testCase)
        if let started = programs[settings] { return try await started.value }
        let name = "\(programs.count)"
        let starting = Task { [environment, world, directory] in
            try await ProviderProgram(name, in: directory, world, flags: settings.flags, environment: environment)
        }
        programs[settings] = starting
        return try await starting.value
    }

    func stop() async {
        for starting in programs.values {
            if case .success(let program) = await starting.result { await program.stop() }
        }
    }
}

extension MountCase {
    fileprivate var hasCloudFile: Bool { flags?.cloudFile != nil }
}

/// One emulator and its programs for all cases, started when the suite begins and stopped when it ends.
struct TableEnvironment: SuiteTrait, TestScoping {
    struct Parts: Sendable {
        let world: EmulatedEnvironment
        let programs: ProgramPool
    }

    @TaskLocal static var current: Parts?

    var isRecursive: Bool { false }

    @concurrent func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @Sendable @concurrent () async throws -> Void
    ) async throws {
        let seed = try Self.seed()
        try await TemporaryDirectory.with { directory in
            let (worlds, ready) = AsyncStream<EmulatedEnvironment>.makeStream()
            let (ended, end) = AsyncStream<Void>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    defer { ready.finish() }
                    try await EmulatedEnvironment.with(seed: seed) { world in
                        ready.yield(world)
                        for await _ in ended {}
                    }
                }
                if let world = await worlds.first(where: { _ in true }) {
                    let programs = ProgramPool(world, directory)
                    defer { end.finish() }
                    do {
                        try await Self.$current.withValue(Parts(world: world, programs: programs), operation: function)
                    } catch {
                        await programs.stop()
                        throw error
                    }
                    await programs.stop()
                }
                try await group.waitForAll()
            }
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

extension Trait where Self == TableEnvironment {
    static var tableEnvironment: Self { Self() }
}
