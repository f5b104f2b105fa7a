import Azure
import AzureEmulator
import Foundation
import ProviderTransport
import Testing

@Suite("Shaped files over the real socket and real TLS", .timeLimit(.minutes(20)))
struct ShapingTests {
    private static let joined = """
        - fileName: app.conf
          template: "user={{ database.user }} note={{ plain }}"
        """

    private static func attributes(_ world: EmulatedEnvironment, files: String = joined) async throws -> [String:
        String]
    {
        var attributes = try await world.attributes(
            objects: EmulatedEnvironment.array([
                EmulatedEnvironment.object("secret", "database", "extract: {pointer: /user}"),
                EmulatedEnvironment.object("secret", "database", "objectAlias: keys\nexplode: {}"),
                EmulatedEnvironment.object("secret", "database", "objectAlias: .env\nenvFile: {dialect: docker}"),
                EmulatedEnvironment.object("secret", "plain", "hidden: true"),
            ]))
        attributes["files"] = files.replacing("database.user", with: "keys.user")
        return attributes
    }

    private static func versions(_ answer: ReceivedMountResponse) -> [String: String] {
        Dictionary(answer.objectVersions.map { ($0.id, $0.version) }, uniquingKeysWith: { $1 })
    }

    @Test("all files of a secret need one read")
    func oneRead() async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            _ = world.emulator.setSecret("database", in: "kv-tests", value: #"{"user":"root","pin":"0123"}"#)
            let answer = try await world.mount(try await Self.attributes(world))
            #expect(answer.files.map(\.path) == ["database", "keys/user", "keys/pin", ".env", "app.conf"])
            #expect(try answer.text("database") == "root")
            #expect(try answer.text("keys/pin") == "0123")
            #expect(try answer.text(".env") == "user=root\npin=0123\n")
            #expect(try answer.text("app.conf") == "user=root note=plain value")
            // One read for database, one for plain.
            #expect(world.emulator.callCounts.vault == 2)
        }
    }

    @Test("the version of a joined file changes with each of its objects and with its text")
    func joinedVersions() async throws {
        try await EmulatedEnvironment.with(keys: false, cache: .off) { world in
            _ = world.emulator.setSecret("database", in: "kv-tests", value: #"{"user":"root"}"#)
            let first = Self.versions(try await world.mount(try await Self.attributes(world)))
            let again = Self.versions(try await world.mount(try await Self.attributes(world)))
            #expect(first == again)
            #expect(first["files/app.conf"]?.count == 32)

            let edited = Self.versions(
                try await world.mount(try await Self.attributes(world, files: Self.joined + "# edited")))
            #expect(edited["files/app.conf"] != first["files/app.conf"])
            #expect(edited["secret/plain"] == first["secret/plain"])

            _ = world.emulator.setSecret("database", in: "kv-tests", value: #"{"user":"admin"}"#)
            let answer = try await world.mount(try await Self.attributes(world))
            #expect(try answer.text("app.conf") == "user=admin note=plain value")
            #expect(Self.versions(answer)["files/app.conf"] != first["files/app.conf"])
        }
    }

    @Test("names that only look alike are different")
    func alike() async throws {
        let (composed, decomposed) = ("\u{E9}", "e\u{301}")
        try await EmulatedEnvironment.with(keys: false) { world in
            _ = world.emulator.setSecret("one", in: "kv-tests", value: "A")
            _ = world.emulator.setSecret("two", in: "kv-tests", value: "B")
            var attributes = try await world.attributes(
                objects: EmulatedEnvironment.array([
                    EmulatedEnvironment.object("secret", "one", "objectAlias: \(composed)"),
                    EmulatedEnvironment.object("secret", "two", "objectAlias: \(decomposed)"),
                ]))
            attributes["files"] = """
                - fileName: both
                  objects: {a: \(composed), b: \(decomposed)}
                  template: '{{ a }}{{ b }}'
                - fileName: named
                  objects: {B: \(decomposed), A: \(composed)}
                  envFile: {dialect: docker}
                """
            let answer = try await world.mount(attributes)
            #expect(answer.files.count == 4)
            #expect(try answer.text("both") == "AB")
            #expect(try answer.text("named") == "B=B\nA=A\n")
        }
    }

    @Test(
        "values never appear in the error of a failed mount",
        arguments: [
            "s3cret-Marker", #"{"user": "s3cret-Marker""#, #"["s3cret-Marker"]"#,
            #"{"user": {"a/b": "s3cret-Marker"}}"#,
            #"{"other": "s3cret-Marker"}"#, #"{"user": null, "a": "s3cret-Marker"}"#, "\"s3cret-Marker\nx",
        ])
    func discretion(value: String) async throws {
        try await EmulatedEnvironment.with(keys: false) { world in
            _ = world.emulator.setSecret("database", in: "kv-tests", value: value)
            var attributes = try await Self.attributes(
                world, files: Self.joined.replacing("database.user", with: "database.user.pin | upper"))
            attributes["objects"]? += EmulatedEnvironment.array([
                EmulatedEnvironment.object(
                    "secret", "database", "objectAlias: x\nextract: {pointer: /user}\nexplode: {}"),
                EmulatedEnvironment.object("secret", "database", "objectAlias: y\nextract: {jmesPath: 'abs(user)'}"),
                EmulatedEnvironment.object(
                    "secret", "database", "objectAlias: z\nformat: yaml\nextract: {pointer: /user/pin}"),
            ]).replacing("array:\n", with: "")
            let status = try await world.failure(attributes)
            #expect(status.message.contains("[content-invalid]"))
            #expect(!status.message.contains("s3cret"))
        }
    }
}
