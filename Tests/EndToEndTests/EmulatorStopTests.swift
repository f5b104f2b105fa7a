import AzureEmulator
import Foundation
import Synchronization
import TestSupport
import Testing

@Suite("An emulator that stops", .timeLimit(.minutes(20)))
struct EmulatorStopTests {
    @Test("connections that arrive during the stop do not end the process")
    func stop() async throws {
        for _ in 0..<10 {
            let client = RestlessClient()
            try await EmulatedEnvironment.with(keys: false) { (world: EmulatedEnvironment) async throws in
                client.start([world.endpoints.httpsPort, world.endpoints.nodePort, world.endpoints.adminPort])
                #expect(try await eventually { client.connections > 10 })
            }
            await client.stop()
        }
    }
}

/// Opens and closes connections until it is stopped.
private final class RestlessClient: Sendable {
    private let task = Mutex<Task<Void, Never>?>(nil)
    private let count = Mutex(0)

    var connections: Int { count.withLock { $0 } }

    func start(_ ports: [Int]) {
        let loop = Task {
            while !Task.isCancelled {
                for port in ports where Self.connect(to: port) { count.withLock { $0 += 1 } }
                await Task.yield()
            }
        }
        task.withLock { $0 = loop }
    }

    func stop() async {
        let loop = task.withLock { $0 }
        loop?.cancel()
        await loop?.value
    }

    private static func connect(to port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        return withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Foundation.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
    }
}
