import CSIProvider
import Foundation
import ProviderCore
import ProviderTransport
import TestSupport
import Testing

@Suite("The error catalogue")
struct ErrorCatalogueTests {
    @Test("every code has a gRPC code that lets the kubelet retry", arguments: ErrorCode.allCases)
    func grpcCode(code: ErrorCode) {
        let status = ProviderError(code, "message").rpcStatus
        #expect(!RPCCode.leavesEmptyVolume.contains(status.code))
        #expect(status.code != .ok)
        #expect(status.code != .unknown)
        #expect(status.message.contains(code.rawValue))
        #expect(status.message.contains(code.hint))
    }

    @Test("an event contains the whole code, cause and fix of every error", arguments: ErrorCode.allCases)
    func event(code: ErrorCode) {
        let cause = "the cause, with an identity and objects: " + String(repeating: "c", count: 300)
        var error = ProviderError(code, String(repeating: "details ", count: 300), cause: cause)
        error.subject = ErrorSubject("secret", names: (0..<100).map { "object-\($0)" }, vault: "kv-payments-prod")
        error = error.prefixed("failed to mount objects, error: ").adding([("vault", "kv"), ("tenant", "t")])
        // An event has 1024 bytes, and the driver's own prefix has about 150 of them.
        let event = String(decoding: error.rpcStatus.message.utf8.prefix(1024 - 150), as: UTF8.self)
        #expect(event.hasPrefix("[\(code.rawValue)] 100 secrets in kv-payments-prod (object-0, "))
        #expect(event.contains("\(cause). Fix: \(code.hint) — see akv-csi explain \(code.rawValue): "))
    }

    @Test("each heading of the Debugging page explains a code, and every code has one")
    func headings() throws {
        let page = Fixtures.root.appendingPathComponent("docs/use/debugging.md")
        let headings = try String(contentsOf: page, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("### `") }.map { $0.dropFirst(5).dropLast() }.map(String.init)
        let codes = ErrorCode.allCases.map(\.rawValue) + LogCode.allCases.map(\.rawValue)
        #expect(headings.sorted() == codes.sorted())
    }

    @Test("a message is cut off before it exceeds gRPC's headers")
    func longMessage() {
        let status = ProviderError(.internal, String(repeating: "x", count: 100_000)).rpcStatus
        #expect(status.message.utf8.count <= 8000)
    }

    @Test(
        "the length of a message is counted as gRPC sends it, with several bytes for a character",
        arguments: ["é", "😀", "\n", "a\u{301}", "%"])
    func foreignMessage(unit: String) {
        for text in [String(repeating: unit, count: 20_000), "a" + String(repeating: "\u{301}", count: 20_000)] {
            let message = ProviderError(.internal, text).rpcStatus.message
            let sent = message.utf8.reduce(0) { $0 + ((0x20..<0x7F).contains($1) && $1 != 0x25 ? 1 : 3) }
            #expect((5000...6000).contains(sent))
            #expect(!message.contains("\u{FFFD}"))
        }
    }
}
