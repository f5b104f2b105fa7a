import CProviderTransport
import Dispatch
import Testing

@Suite("The end of a client", .timeLimit(.minutes(2)))
struct ClientEndTests {
    /// In a process of its own, because gRPC ends its threads only with the last client and server of a process.
    @Test("A client that ends while gRPC's thread still reports its call's end takes that thread along unharmed")
    func endsBesideItsLastCall() async {
        await #expect(processExitsWith: .success) {
            final class Moments: Sendable {
                let isDone = DispatchSemaphore(value: 0)
                let isFreed = DispatchSemaphore(value: 0)
                let isJudged = DispatchSemaphore(value: 0)
            }
            let moments = Moments()
            let client = akv_client_create("unix:/nonexistent/azure.sock")
            let call = akv_client_call_create(client, AKV_METHOD_VERSION, 5, false)
            akv_client_call_start(call, Unmanaged.passUnretained(moments).toOpaque()) { context, _ in
                let moments = Unmanaged<Moments>.fromOpaque(context).takeUnretainedValue()
                moments.isDone.signal()
                // Whoever ends the client waits for this thread to end, so that nothing is freed that it uses.
                let result = moments.isFreed.wait(timeout: .now() + .milliseconds(500))
                guard result == .timedOut else { fatalError("the client ended before its last call did") }
                moments.isJudged.signal()
            }
            moments.isDone.wait()
            akv_client_call_destroy(call)
            akv_client_destroy(client)
            moments.isFreed.signal()
            moments.isJudged.wait()
        }
    }
}
