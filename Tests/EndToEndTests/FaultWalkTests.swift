import AzureTestSupport
import ProviderTransport
import TestSupport
import Testing

@testable import AzureEmulator

/// Every fault that the emulator knows, at every service that it suits, for the whole time of the mount. None may cause
/// a gRPC code with which the kubelet starts the pod with an empty volume.
@Suite("Every kind of fault", .timeLimit(.minutes(20)))
struct FaultWalkTests {
    /// A service, and the identity mode that uses it.
    private static let services: [(target: String, mode: FaultCase.Mode)] = [
        ("entra", .workloadIdentity), ("vault", .workloadIdentity), ("proxy", .workloadIdentity),
        ("imds", .managedIdentity), ("nmi", .podIdentity), ("token-proxy", .tokenProxy),
    ]

    private static let statuses = [400, 401, 403, 404, 408, 409, 412, 418, 429, 500, 501, 503, 504]

    private static func cases(_ service: String, _ mode: FaultCase.Mode) throws -> [FaultCase] {
        let target = try #require(FaultTarget(service))
        return Fault.Kind.allCases.filter { $0.suits(target) }.flatMap { kind in
            (kind == .status ? statuses.map { " status=\($0)" } : [""]).map { status in
                FaultCase(faults: ["\(kind.rawValue) target=\(service)\(status)"], mode: mode)
            }
        }
    }

    @Test(
        "with each fault, a mount succeeds or fails with a code that is final for the kubelet",
        arguments: services.indices)
    func walk(index: Int) async throws {
        let (service, mode) = Self.services[index]
        let cases = try Self.cases(service, mode)
        #expect(cases.count >= 15)
        try await EmulatedEnvironment.with(keys: false) { world in
            for fault in cases {
                world.emulator.faults.clear()
                // A short time, because a proxy hangs.
                try await world.withNewProvider(time: ManualTime.fromNow(), connectTimeout: .milliseconds(500)) {
                    try await fault.runForCode(in: $0)
                }
            }
        }
    }
}
