import Azure
import AzureTestSupport
import ProviderCore
import Testing

/// The requests to a vault that refuses objects to the identity, and the errors that the user reads.
@Suite("Objects that a vault refuses")
struct RefusedObjectsTests {
    private func node(_ objects: [String], refusing refused: [String]) -> TestNode {
        let node = TestNode()
        node.azure.change { state in
            for name in objects { state.secrets["kv-a \(name)"] = .init(version: 1, value: "v") }
            for name in refused { state.statuses["kv-a \(name)"] = 403 }
        }
        return node
    }

    private func refusal(_ name: String) -> String {
        "failed to get objectType:secret, objectName:\(name), objectVersion:: RESPONSE 403: 403 Forbidden,"
            + " ERROR CODE: UNAVAILABLE"
    }

    @Test("a class whose objects are all refused sends few requests, and the error names each object")
    func many() async throws {
        let names = (0..<150).map { "object-\($0)" }
        let node = node(names, refusing: names)
        let error = try #require(try await node.error(.init(objects: names)))
        #expect(error.code == .vaultForbidden)
        // At most the requests that a mount starts together, and one more for each refusal that is reported in full.
        #expect(node.azure.count("get") <= 53)
        #expect(error.parts.count == 4)
        let text = "\(error)"
        let words = Set(text.split { " ,;./".contains($0) || $0 == ":" }.map(String.init))
        #expect(names.allSatisfy(words.contains))
        #expect(text.utf8.count < 6000)
        #expect(text.contains("not requested because of these refusals: secret/object-"))
    }

    @Test("up to three refusals are reported in the vault's words, and every object is requested")
    func few() async throws {
        let names = (0..<120).map { "object-\($0)" }
        let refused = ["object-0", "object-60", "object-119"]
        let node = node(names, refusing: refused)
        let error = try #require(try await node.error(.init(objects: names)))
        #expect(error.parts.map(\.message) == refused.map(refusal))
        #expect(node.azure.count("get") == names.count)
    }

    @Test("a fourth refusal is reported in short form")
    func fourth() async throws {
        let names = (0..<4).map { "object-\($0)" }
        let node = node(names, refusing: names)
        let error = try #require(try await node.error(.init(objects: names)))
        #expect(
            error.parts.map(\.message) == names.prefix(3).map(refusal) + [
                "failed to get 1 more object of the vault kv-a: refused in the same way: secret/object-3"
            ])
        #expect(error.parts.allSatisfy { $0.hint == error.parts[0].hint })
    }

    @Test("another pod of the identity still gets the objects that it may read")
    func anotherPod() async throws {
        let names = (0..<500).map { "object-\($0)" }
        let node = node(names, refusing: names.dropLast())
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<20 {
                group.addTask {
                    let code = try await node.failure(.init(name: "many-\(index)", objects: names))
                    #expect(code == .vaultForbidden)
                }
                group.addTask {
                    let files = try await node.mount(.init(name: "one-\(index)", objects: ["object-499"]))
                    #expect(files == ["object-499": "v"])
                }
            }
            try await group.waitForAll()
        }
    }
}
