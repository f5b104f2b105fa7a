import CProviderTransport
import Dispatch
import Testing

@Suite("Releasing a client", .timeLimit(.minutes(20)))
struct ClientReleaseTests {
    /// In a separate process, because gRPC ends its threads only with the last client and server of a process.
    @Test("releasing a client waits for gRPC's thread that still reports the end of its last call")
    func waitsForLastCallback() async {
        await #expect(processExitsWith: .success) {
            final class Events: Sendable {
                let isDone = DispatchSemaphore(value: 0)
                let isFreed = DispatchSemaphore(value: 0)
                let isChecked = DispatchSemaphore(value: 0)
            }
            let events = Events()
            let client = akv_client_create("unix:/nonexistent/azure.sock")
            let call = akv_client_call_create(client, AKV_METHOD_VERSION, 5, false)
            akv_client_call_start(call, Unmanaged.passUnretained(events).toOpaque()) { context, _ in
                let events = Unmanaged<Events>.fromOpaque(context).takeUnretainedValue()
                events.isDone.signal()
                // Releasing the client waits for this thread, so that nothing is freed that the thread uses.
                let result = events.isFreed.wait(timeout: .now() + .milliseconds(500))
                guard result == .timedOut else { fatalError("the client was released before its last call ended") }
                events.isChecked.signal()
            }
            events.isDone.wait()
            akv_client_call_destroy(call)
            akv_client_destroy(client)
            events.isFreed.signal()
            events.isChecked.wait()
        }
    }
}
