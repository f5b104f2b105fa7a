import ProviderTransport
import Testing

@Suite("Endpoint")
struct EndpointTests {
    @Test(
        "endpoints in the notation of Azure's provider are parsed",
        arguments: [
            ("unix:///provider/azure.sock", .unix(path: "/provider/azure.sock")),
            ("UNIX:///Provider/Azure.sock", .unix(path: "/Provider/Azure.sock")),
            ("unix://relative.sock", .unix(path: "relative.sock")),
            ("tcp://:7777", .tcp(host: "", port: 7777)),
            ("Tcp://127.0.0.1:0", .tcp(host: "127.0.0.1", port: 0)),
            ("tcp://[::1]:65535", .tcp(host: "[::1]", port: 65535)),
        ] as [(String, Endpoint)])
    func parses(text: String, expected: Endpoint) {
        #expect(Endpoint(text) == expected)
    }

    @Test(
        "other texts are refused",
        arguments: [
            "", "unix://", "unix:/a", "/provider/azure.sock", "udp://:1", "tcp://", "tcp://host", "tcp://host:",
            "tcp://host:x", "tcp://host:65536", "tcp://host:-1", "http://host:80",
        ])
    func refuses(text: String) {
        #expect(Endpoint(text) == nil)
    }

    @Test(
        "the description of an endpoint parses to the same endpoint",
        arguments: ["unix:///a/b", "tcp://h:1", "tcp://:0"])
    func description(text: String) {
        #expect(Endpoint(text)?.description == text)
    }
}
