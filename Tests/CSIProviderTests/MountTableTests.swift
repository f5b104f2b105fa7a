import Azure
import AzureTestSupport
import CSIProvider
import Foundation
import Logging
import ProviderCore
import ProviderTransport
import Synchronization
import TestSupport
import Testing

extension MountCase: CustomTestStringConvertible {}

@Suite("The mount table over a fake Azure", .timeLimit(.minutes(20)))
struct MountTableTests {
    private static let azure = Result { try FakeAzure.table() }

    @Test("the mount succeeds or fails as the case expects", arguments: try MountCase.all(for: .fake))
    func mounts(_ testCase: MountCase) async throws {
        let azure = FakeAzure(try Self.azure.get())
        try await TemporaryDirectory.with { directory in
            let tokens = Mutex<[String]>([])
            var files: [String: String] = [:]
            for (name, text) in testCase.cloudFiles ?? [:] { files[name] = try directory.write(text.utf8, to: name) }
            let fill = Placeholders(material: try Material.shared.get(), files: files) { token in
                let text = FakeAzure.serviceAccountToken(token)
                tokens.withLock { $0.append(text) }
                return text
            }
            var settings = MountPipeline.Settings(testCase.flags, files: files)
            settings.tokens.tokenProxy.url = "https://10.0.0.1/prefix/"
            settings.tokens.tokenProxy.serverName = FakeAzure.tokenProxy
            settings.tokens.tokenProxy.authorityFile = try directory.write("authority".utf8, to: "ca.crt")
            let provider = ProviderServer.make(
                .unserved(settings), transport: azure, time: azure.time,
                logger: Logger(label: "tests", factory: { _ in SwiftLogNoOpLogHandler() }))
            let call = try await MountCall(testCase, fill)
            // Twice, because a repeated call gets the same response by a shorter path.
            for attempt in 1...2 {
                let outcome: MountOutcome
                do throws(RPCStatus) {
                    let answer = try await provider.handler.handle(
                        IncomingMount(request: MountRequestMessage(call), secondsLeft: 110))
                    outcome = MountOutcome(answer)
                } catch {
                    outcome = MountOutcome(error)
                }
                let differences = try await testCase.expect.differences(
                    from: outcome, fill, unspeakable: tokens.withLock { $0 })
                for difference in differences { Issue.record("\(testCase.name), call \(attempt): \(difference)") }
                if case .failure = outcome { break }
            }
        }
    }
}

extension MountPipeline.Settings {
    /// The provider of an operator who sets `flags`.
    init(_ flags: MountCase.Flags?, files: [String: String]) {
        self.init(
            defaultCloudName: flags?.defaultCloud ?? "AzurePublicCloud",
            conversion: ContentConversion(
                constructsChain: flags?.constructsChain ?? true,
                separatesCertificateAndKey: flags?.separatesCertificateAndKey ?? false),
            cloudFiles: CloudEnvironmentFiles(defaultPath: flags?.cloudFile.flatMap { files[$0] } ?? ""))
    }
}

extension MountRequestMessage {
    init(_ call: MountCall) {
        self.init(
            attributes: Array(call.attributes.utf8), secrets: Array(call.secrets.utf8), targetPath: "/unused",
            permission: call.permission)
    }
}

extension MountOutcome {
    init(_ answer: MountResponseMessage) {
        let files = answer.files.map { file in
            var contents: [UInt8] = []
            file.contents.withBytes { contents = Array($0) }
            return File(path: file.path, mode: file.mode, contents: contents)
        }
        self = .files(files, versions: answer.objectVersions.map { ($0.id, $0.version) })
    }

    init(_ status: RPCStatus) {
        self = .failure(code: status.code.name, message: status.message)
    }
}
