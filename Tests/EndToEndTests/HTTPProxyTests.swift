import AzureEmulator
import ProviderTransport
import Testing

@Suite("An HTTP proxy that demands credentials", .timeLimit(.minutes(20)))
struct HTTPProxyTests {
    @Test(
        "the proxy gets the credentials of its URL, with escaped characters",
        arguments: [
            ("user:word", "user:word@"), ("dómain\\user:p@ss:wörd/", "d%C3%B3main%5Cuser:p%40ss:w%C3%B6rd%2F@"),
        ])
    func credentials(demanded: String, given: String) async throws {
        try await EmulatedEnvironment.with(
            keys: false, proxy: EmulatedEnvironment.Proxy(demanded: demanded, given: given)
        ) { world in
            let answer = try await world.mount(EmulatedEnvironment.object("secret", "plain"))
            #expect(try answer.text("plain") == "plain value")
            #expect(world.emulator.callCounts.connections > 0)
        }
    }

    @Test(
        "a proxy that refuses the credentials is named in the error, which does not show them",
        arguments: ["", "user:wrong-word@"])
    func refused(given: String) async throws {
        try await EmulatedEnvironment.with(
            keys: false, proxy: EmulatedEnvironment.Proxy(demanded: "user:word", given: given)
        ) { world in
            let attributes = try await world.attributes(
                objects: EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]))
            let status = try await world.failure(attributes)
            #expect(status.code == .internal)
            #expect(status.message.contains("proxy"), "\(status.message)")
            #expect(status.message.contains("407") || status.message.contains("credentials"), "\(status.message)")
            #expect(!status.message.contains("wrong-word"))
            #expect(world.emulator.callCounts.connections == 0)
        }
    }
}
