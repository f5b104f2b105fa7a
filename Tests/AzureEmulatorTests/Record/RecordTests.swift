import Foundation
import Testing

@testable import AzureEmulator

@Suite("The classes of a call")
struct ServiceCallTests {
    @Test(
        "A vault's calls are counted by vault, and as list, get or another method",
        arguments: [
            ("GET", "/secrets", "list"), ("GET", "/secrets/x/versions", "list"), ("GET", "/deletedsecrets", "list"),
            ("GET", "/secrets/x", "get"), ("GET", "/secrets/x/0123", "get"), ("PUT", "/secrets/x", "put"),
            ("POST", "/keys/x/create", "post"),
        ])
    func vault(method: String, path: String, kind: String) {
        let call = ServiceCall(service: .vault("kv"), stage: .request, method: method, path: path)
        #expect(call.classes == ["vault", "vault:kv \(kind)"])
    }

    @Test("The proxy's calls are counted by host, and other services by their name")
    func others() {
        #expect(ServiceCall(service: .proxy("a.example"), stage: .tunnel).classes == ["proxy", "proxy:a.example"])
        #expect(ServiceCall(service: .tokenProxy, stage: .request).classes == ["token-proxy"])
        #expect(ServiceCall(service: .imds, stage: .request).classes == ["imds"])
    }
}

@Suite("The call counter")
struct CallCounterTests {
    @Test("The counter has the number of calls, of running calls and of the most concurrent calls")
    func peak() {
        let counter = CallCounter()
        counter.begin(["vault", "vault:kv get"])
        counter.begin(["vault"])
        counter.end(["vault"])
        counter.begin(["vault"])
        let counts = counter.current
        #expect(counts.classes["vault"] == .init(calls: 3, running: 2, peak: 2))
        #expect(counts.classes["vault:kv get"] == .init(calls: 1, running: 1, peak: 1))
        #expect(counts.calls("vault") == 3)
        #expect(counts.calls("entra") == 0)
    }

    @Test("A reset keeps only the running calls")
    func reset() {
        let counter = CallCounter()
        counter.begin(["vault"])
        counter.begin(["vault"])
        counter.begin(["entra"])
        counter.end(["vault"])
        counter.end(["entra"])
        counter.increment(\.tokens)
        counter.reset()
        #expect(counter.current.tokens == 0)
        #expect(counter.current.classes == ["vault": .init(calls: 0, running: 1, peak: 1)])
        counter.end(["vault"])
        #expect(counter.current.classes["vault"]?.running == 0)
    }
}

@Suite("The request log")
struct RequestLogTests {
    private static func log(entries: Int) -> RequestLog {
        let log = RequestLog()
        for _ in 0..<entries {
            log.add(
                .init(
                    id: 0, time: Date(timeIntervalSince1970: 0), who: "", method: "GET", host: "h", path: "/",
                    status: 200, milliseconds: 1))
        }
        return log
    }

    @Test("A reader gets the entries after the last one that it has seen")
    func pages() {
        let log = Self.log(entries: 3)
        #expect(log.page(after: 0).entries.map(\.id) == [1, 2, 3])
        #expect(log.page(after: 2).entries.map(\.id) == [3])
        #expect(log.page(after: 3).entries.isEmpty)
        #expect(log.page(after: 3).next == 3)
    }

    @Test("A reader of an earlier emulator gets everything")
    func restarted() {
        #expect(Self.log(entries: 2).page(after: 50).entries.map(\.id) == [1, 2])
    }

    @Test("The last 2,000 entries are kept", arguments: [1999, 2000, 2001, 4000, 4001, 6500])
    func capacity(entries: Int) {
        let page = Self.log(entries: entries).page(after: 0)
        #expect(page.entries.map(\.id) == Array(max(1, entries - 1999)...entries))
        #expect(page.next == entries)
    }
}
