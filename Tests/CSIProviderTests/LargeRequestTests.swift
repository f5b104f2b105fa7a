import ProviderCore
import ProviderTransport
import Testing

@testable import CSIProvider

@Suite("Large requests")
struct LargeRequestTests {
    private func message(_ namespace: String, bytes: Int) -> MountRequestMessage {
        let start =
            #"{"clientID":"a \"csi.storage.k8s.io/pod.namespace\":\"other\" ","csi.storage.k8s.io/pod.namespace":""#
        let attributes = Array("\(start)\(namespace)\",\"objects\":\"".utf8)
        return MountRequestMessage(
            attributes: attributes + [UInt8](repeating: UInt8(ascii: "x"), count: bytes - attributes.count - 4)
                + Array("\"}".utf8), secrets: Array("{}".utf8), targetPath: "/x", permission: "420")
    }

    @Test("large requests are limited per namespace, and those over the limit fail while others are pending")
    func shares() throws {
        let requests = LargeRequests()
        let entries = try (0..<8).map { _ in try requests.enter(message("loud", bytes: 1 << 20)) }
        #expect(entries.allSatisfy { $0.namespace == "loud" })
        let error = #expect(throws: ProviderError.self) { try requests.enter(message("loud", bytes: 1 << 20)) }
        #expect(error?.code == .limitExceeded)
        #expect(error?.message.contains("namespace loud") == true)
        // Requests of other namespaces, and small ones of the same namespace, continue.
        try requests.enter(message("quiet", bytes: 1 << 20)).leave()
        try requests.enter(message("loud", bytes: 64 << 10)).leave()
        entries[0].leave()
        try requests.enter(message("loud", bytes: 1 << 20)).leave()
    }
}
