internal import Glibc
internal import Synchronization

/// Checks and counts responses. It may be used from any thread.
final class ResponseCheck: Sendable {
    private struct State {
        var count = 0
        /// The body of the first response. The others must be the same.
        var body: [UInt8] = []
    }

    private let expected: String
    private let state = Mutex(State())

    init(expected: String) {
        self.expected = expected
    }

    /// The number of responses that were correct.
    var count: Int { state.withLock { $0.count } }

    /// Throws if the response has another status than 200, or if its body does not contain the expected text.
    func accept(status: Int, body: UnsafeRawBufferPointer) throws(TransportClientError) {
        guard status == 200 else { throw TransportClientError("a response has the status \(status)") }
        let isExpected = state.withLock { state in
            if state.count == 0 { state.body = Array(body) }
            guard state.count > 0 ? Self.isSame(state.body, body) : contains(body) else { return false }
            state.count += 1
            return true
        }
        guard isExpected else { throw TransportClientError("a response does not contain the expected value") }
    }

    private func contains(_ body: UnsafeRawBufferPointer) -> Bool {
        String(decoding: body, as: UTF8.self).contains(expected)
    }

    // memcmp, because a debug build compares arrays slowly, element by element.
    private static func isSame(_ left: [UInt8], _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, let start = right.baseAddress else { return left.count == right.count }
        return left.withUnsafeBytes { left in left.baseAddress.map { memcmp($0, start, right.count) == 0 } ?? true }
    }
}

/// The reason why a measurement cannot continue.
package struct TransportClientError: Error, CustomStringConvertible, Sendable {
    package var description: String

    init(_ description: String) {
        self.description = description
    }
}
