internal import Synchronization

/// What was read from the `objects` texts of late: the kubelet has each volume asked for again about every
/// minute, with the same text.
///
/// A text always reads the same, so whoever brings it may be given what it said the last time. Texts are
/// told apart by their bytes, because Swift takes texts for equal that only look alike.
package final class ParsedDocuments: Sendable {
    private struct State {
        var recent: [[UInt8]: Result<ObjectsDocument, ProviderError>] = [:]
        var recentBytes = 0
        /// What was recent before, until it is asked for again or `recent` is full once more.
        var earlier: [[UInt8]: Result<ObjectsDocument, ProviderError>] = [:]
    }

    /// Of texts in one generation. What is read from them takes a few times as much.
    private static let maximumBytes = 256 << 10

    private let state = Mutex(State())

    package init() {}

    /// As `ObjectsDocument.parse`.
    func parse(_ text: String) -> Result<ObjectsDocument, ProviderError> {
        let bytes = Array(text.utf8)
        if let known = state.withLock({ $0.recent[bytes] }) { return known }
        let outcome = state.withLock { $0.earlier[bytes] } ?? ObjectsDocument.parse(text)
        guard bytes.count <= Self.maximumBytes / 4 else { return outcome }
        state.withLock { state in
            if state.recentBytes + bytes.count > Self.maximumBytes {
                state.earlier = state.recent
                state.recent = [:]
                state.recentBytes = 0
            }
            if state.recent.updateValue(outcome, forKey: bytes) == nil { state.recentBytes += bytes.count }
        }
        return outcome
    }

    /// How many are kept.
    package var count: Int { state.withLock { $0.recent.count + $0.earlier.count } }
}
