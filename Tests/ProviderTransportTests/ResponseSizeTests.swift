import ProviderTransport
import SecretMemory
import TestSupport
import Testing

@testable import ProviderCore

@Suite("The size of a response", .timeLimit(.minutes(20)))
struct ResponseSizeTests {
    /// Returns one file, whose number of bytes is the request's target path.
    private static let handler: RPCServer.Handler = { incoming in
        .file("file", [UInt8](repeating: 0x61, count: Int(incoming.request.targetPath) ?? 0))
    }

    private static func request(_ count: Int) -> MountRequestMessage {
        var request = MountRequestMessage.plain
        request.targetPath = "\(count)"
        return request
    }

    @Test("a response of exactly 4 MiB passes, and one byte more is an INTERNAL error with the reason")
    func limit() async throws {
        // File: 1 + 4 for its length, path 1 + 1 + 4, mode 1 + 2, contents 1 + 4.
        // Version: 1 + 1 for its length, id 1 + 1 + 8, version 1 + 1 + 1.
        let largest = (4 << 20) - (5 + 6 + 3 + 5) - (2 + 10 + 3)
        try await withServer(handler: Self.handler) { (fixture: Fixture) async throws in
            let client = fixture.client()
            let response = try await client.mount(Self.request(largest))
            #expect(response.files.first?.contents.count == largest)
            let status = await status { () throws(RPCStatus) in try await client.mount(Self.request(largest + 1)) }
            #expect(status?.code == .internal)
            #expect(
                status?.message
                    == "[answer-too-large] the response has 4194305 bytes, the driver accepts at most 4194304. "
                    + "Fix: mount fewer objects per volume")
            let huge = await ProviderTransportTests.status { () throws(RPCStatus) in
                try await client.mount(Self.request(32 << 20))
            }
            #expect(huge?.code == .internal)
            // The connection still works.
            #expect(try await client.mount(Self.request(1)).files.count == 1)
        }
    }

    @Test(
        "ProviderCore computes the same size as protobuf", arguments: [0, 1, 100, 127, 128, 16_383, 16_384, 2_097_152])
    func computed(count: Int) async throws {
        let files = [("a", UInt32(0), count), ("d/é", 0o177, 0), ("mode", 0o200, 5), ("x", 0o777, count / 2)]
        var objects: [String] = []
        for (path, mode, _) in files {
            let octal = String(mode, radix: 8)
            objects.append("{objectName: n, objectType: secret, objectAlias: \(path), filePermission: '\(octal)'}")
        }
        let plan = MountPlan(try Self.attributes("array: [\(objects.joined(separator: ", "))]"))
        let response = try MountResponse(
            plan,
            fetched: files.map { file in
                [
                    FetchedVersion(
                        .secret(
                            SecretBundle(
                                value: SecretBytes([UInt8](repeating: 1, count: file.2)), version: "v\(file.2)",
                                contentType: nil, isCertificate: false)),
                        vault: VaultAddress(name: "vault", suffix: "example"))
                ]
            }, conversion: ContentConversion(), now: 0)
        // The transport reports the size only when it refuses a response, so another file makes it refuse.
        let filler = 4 << 20
        let fillerSize = (1 + 4) + (1 + 1 + 1) + (1 + 2) + (1 + 4 + filler)
        let message = MountResponseMessage(
            files: response.files.map { file in
                .init(
                    path: file.path, mode: Int32(file.mode.rawValue),
                    contents: PlainBytes(bytes: file.contents.withExposed { Array($0) }))
            } + [.init(path: "f", mode: 0o644, contents: PlainBytes(bytes: [UInt8](repeating: 0, count: filler)))],
            objectVersions: response.versions.map { ObjectVersionMessage(id: $0.id, version: $0.version) })
        try await withServer(handler: { _ in message }) { (fixture: Fixture) async throws in
            let client = fixture.client()
            let status = await status { () throws(RPCStatus) in try await client.mount(.plain) }
            #expect(status?.message.contains("the response has \(response.encodedSize + fillerSize) bytes,") == true)
        }
    }

    private static func attributes(_ objects: String) throws -> MountConfiguration {
        let members = [
            ("csi.storage.k8s.io/pod.name", "p"), ("csi.storage.k8s.io/pod.namespace", "n"), ("keyvaultName", "vault"),
            ("tenantID", "t"), ("clientID", "c"), ("objects", objects),
            ("csi.storage.k8s.io/serviceAccount.tokens", #"{\"api://AzureADTokenExchange\":{\"token\":\"x\"}}"#),
        ]
        let json = "{" + members.map { #""\#($0.0)":"\#($0.1)""# }.joined(separator: ",") + "}"
        let request = try MountRequest(
            attributes: SecretBytes(json), secrets: SecretBytes("null"), permission: "420", targetPath: "/t")
        return try MountConfiguration(
            validating: request,
            MountConfiguration.Environment(
                defaultCloudName: "AzurePublicCloud", environmentFile: { _ in nil }, now: 1_767_268_800))
    }
}
