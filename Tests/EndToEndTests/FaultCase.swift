import AzureEmulator
import AzureTestSupport
import Foundation
import ProviderTransport
import TestSupport
import Testing

/// Faults, a mount during these faults, and the expected result.
struct FaultCase: Sendable, CustomTestStringConvertible {
    var testDescription: String { faults.joined(separator: ", ") }

    /// The way in which a pod's identity is proven.
    enum Mode: Sendable {
        case workloadIdentity
        case managedIdentity
        case podIdentity
        case tokenProxy
    }

    /// The faults in the words of the command line, one text for each.
    var faults: [String]
    var mode = Mode.workloadIdentity
    var objects = [EmulatedEnvironment.object("secret", "plain")]
    /// The code with which the mount fails; nil if it succeeds.
    var code: RPCCode?
    /// Texts that the error must contain.
    var words: [String] = []
    /// The expected number of calls of each class.
    var calls: [String: Int] = [:]
    /// The driver's timeout. The provider's budget is 10 seconds less.
    var patience = Duration.seconds(120)

    /// A mount that succeeds in spite of the faults.
    static func survives(
        _ faults: String, mode: Mode = .workloadIdentity, objects: [String]? = nil, calls: [String: Int]
    ) -> FaultCase {
        var result = FaultCase(faults: split(faults), mode: mode, calls: calls)
        if let objects { result.objects = objects }
        return result
    }

    /// A mount that fails because of the faults.
    static func fails(
        _ faults: String, mode: Mode = .workloadIdentity, objects: [String]? = nil, _ code: RPCCode,
        _ words: [String], calls: [String: Int], patience: Duration = .seconds(120)
    ) -> FaultCase {
        var result = FaultCase(
            faults: split(faults), mode: mode, code: code, words: words, calls: calls, patience: patience)
        if let objects { result.objects = objects }
        return result
    }

    /// Several faults are separated by semicolons.
    private static func split(_ faults: String) -> [String] { faults.split(separator: ";").map(String.init) }

    /// Runs every case in one emulator, each with a provider with empty caches.
    static func run(_ cases: [FaultCase], http2: Bool = false) async throws {
        try await EmulatedEnvironment.with(keys: false, http2: http2) { world in
            for fault in cases {
                try await world.withNewProvider(time: ManualTime.fromNow()) { world in
                    try await fault.mount(in: world)
                    try await fault.mountAgain(in: world)
                }
            }
        }
    }

    /// Mounts once with the faults and checks the result.
    func mount(in world: EmulatedEnvironment) async throws {
        world.emulator.faults.clear()
        let name = Comment(rawValue: faults.joined(separator: ", "))
        let attributes = try await attributes(in: world)
        for fault in faults {
            world.emulator.faults.add(try Fault(words: fault.split(separator: " ").map(String.init)))
        }
        world.emulator.resetCallCounts()
        do {
            let answer = try await world.mount(attributes, timeout: patience)
            #expect(code == nil, name)
            try check(answer, name)
        } catch let status as RPCStatus {
            let said = Comment(rawValue: "\(name): \(status.code.name) \(status.message)")
            #expect(status.code == code, said)
            #expect(!RPCCode.leavesEmptyVolume.contains(status.code), said)
            for word in words { #expect(status.message.contains(word), said) }
            #expect(!status.message.contains("eyJ"), said)
            #expect(!status.message.contains("plain value"), said)
        }
        let counts = world.emulator.callCounts
        for (kind, count) in calls { #expect(counts.calls(kind) == count, Comment(rawValue: "\(name): \(kind)")) }
        for kind in counts.classes.keys { #expect(!kind.contains("attacker"), "\(name): a foreign host was called") }
        #expect(world.emulator.faults.entries.allSatisfy { $0.struck > 0 }, "\(name): did not strike")
    }

    /// Mounts without the faults, which must succeed.
    func mountAgain(in world: EmulatedEnvironment) async throws {
        world.emulator.faults.clear()
        let name = Comment(rawValue: "\(testDescription): after the fault")
        try check(try await world.mount(try await attributes(in: world)), name)
    }

    /// Mounts once with the faults. Every result is accepted except for a code that leaves an empty volume.
    func runForCode(in world: EmulatedEnvironment) async throws {
        let attributes = try await attributes(in: world)
        for fault in faults {
            world.emulator.faults.add(try Fault(words: fault.split(separator: " ").map(String.init)))
        }
        do {
            try check(try await world.mount(attributes, timeout: patience), Comment(rawValue: testDescription))
        } catch let status as RPCStatus {
            let said = Comment(rawValue: "\(testDescription): \(status.code.name) \(status.message)")
            #expect(!RPCCode.leavesEmptyVolume.contains(status.code), said)
            #expect(status.code != .unknown, said)
        }
    }

    private func check(_ answer: ReceivedMountResponse, _ name: Comment) throws {
        #expect(try answer.text(objects[0].contains("History") ? "history/0" : "plain") == expected, name)
        #expect(answer.objectVersions.count == answer.files.count, name)
    }

    private var expected: String { objects[0].contains("History") ? "three" : "plain value" }

    private func attributes(in world: EmulatedEnvironment) async throws -> [String: String] {
        var attributes = try await world.attributes(objects: EmulatedEnvironment.array(objects))
        switch mode {
        case .workloadIdentity: break
        case .managedIdentity: attributes["useVMManagedIdentity"] = "true"
        case .podIdentity: attributes["usePodIdentity"] = "true"
        case .tokenProxy:
            attributes["useAzureTokenProxy"] = "true"
            attributes["clientID"] = "11111111-aaaa-4aaa-8aaa-00000000000b"
            let token = try await world.token(audience: "api://AKSIdentityBinding")
            attributes["csi.storage.k8s.io/serviceAccount.tokens"] =
                "{\"api://AKSIdentityBinding\":{\"token\":\"\(token)\",\"expirationTimestamp\":\"2099-01-01T00:00:00Z\"}}"
        }
        return attributes
    }
}
