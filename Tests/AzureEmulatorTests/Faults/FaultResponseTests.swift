import Foundation
import HTTPTypes
import NIOCore
import Testing

@testable import AzureEmulator

@Suite("The responses of faults")
struct FaultResponseTests {
    @Test(
        "Retry-After is written in each notation",
        arguments: [
            ("seconds", "retry-after", "2"), ("date", "retry-after", "Fri, 15 Jan 2027 08:00:01 GMT"),
            ("retry-after-ms", "retry-after-ms", "1500"), ("x-ms-retry-after-ms", "x-ms-retry-after-ms", "1500"),
        ])
    func retryAfter(notation: String, header: String, value: String) throws {
        let fault = try Fault(words: ["status", "status=429", "retryAfter=1.5s", "notation=\(notation)"])
        let headers = FaultResponse.retryHeaders(fault, now: EmulatorClock.frozen().now)
        #expect(headers.count == 1)
        #expect(headers[try #require(HTTPField.Name(header))] == value)
    }

    @Test("A fault without retryAfter does not send a header for it")
    func noRetryAfter() throws {
        let fault = try Fault(words: ["status", "status=503"])
        #expect(FaultResponse.retryHeaders(fault, now: EmulatorClock.frozen().now).isEmpty)
    }

    /// A body changed by a fault.
    private static func altered(_ body: String, _ fault: String...) throws -> [String: Any] {
        let result = try FaultContent.alter(ByteBuffer(string: body), by: try Fault(words: fault))
        return try #require(JSON.object(Data(result.readableBytesView)))
    }

    private static let secret = #"{"id":"https://kv.vault.azure.net/secrets/x/0123","value":"secret"}"#
    private static let list = #"{"value":[{"id":"https://kv.vault.azure.net/secrets/x/0123"}],"nextLink":null}"#

    @Test(
        "A fault about identifiers changes one part of them",
        arguments: [
            ("wrong-vault", "https://another-vault.vault.azure.net/secrets/x/0123", "another object's value"),
            ("wrong-type", "https://kv.vault.azure.net/keys/x/0123", "another object's value"),
            ("wrong-object", "https://kv.vault.azure.net/secrets/another-object/0123", "another object's value"),
            ("wrong-version", "https://kv.vault.azure.net/secrets/x/\(String(repeating: "0", count: 32))", "secret"),
        ])
    func identifiers(kind: String, id: String, value: String) throws {
        let object = try Self.altered(Self.secret, kind)
        #expect(object["id"] as? String == id)
        #expect(object["value"] as? String == value)
        let items = try Self.altered(Self.list, kind)["value"] as? [[String: String]]
        #expect(items?.first?["id"] == id)
        let key = try Self.altered(#"{"key":{"kid":"https://kv.vault.azure.net/secrets/x/0123"}}"#, kind)
        #expect((key["key"] as? [String: String])?["kid"] == id)
    }

    @Test("An endless list links to another page of the same list each time")
    func endlessList() throws {
        let links = try (0..<2).map { _ in try Self.altered(Self.list, "endless-list")["nextLink"] as? String ?? "" }
        #expect(links.allSatisfy { $0.hasPrefix("https://kv.vault.azure.net/secrets/x/versions?") })
        #expect(links[0] != links[1])
    }

    @Test("A foreign list links to the fault's host")
    func foreignList() throws {
        let link = try Self.altered(Self.list, "foreign-list", "host=evil.example")["nextLink"] as? String
        #expect(link?.hasPrefix("https://evil.example/secrets/x/versions?") == true)
        #expect(try Self.altered(Self.secret, "foreign-list")["nextLink"] == nil)
    }
}
