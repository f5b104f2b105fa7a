internal import Budgets
internal import SecretMemory
internal import Synchronization

/// What a class says of its objects, read but not yet joined with what else a mount brings.
struct ParsedClass: Sendable {
    var settings: ClassSettings
    /// What is wrong with the settings.
    var errors: [ProviderError]
    var document: Result<ObjectsDocument, ProviderError>

    init(_ parameters: StringMap) {
        let report = SettingsReport()
        settings = ClassSettings(parsing: parameters, report: report)
        document = ObjectsDocument.parse(parameters["objects"], settings: settings)
        errors = report.errors
    }

    var objectCount: Int {
        if case .success(let document) = document { document.objects.count } else { 0 }
    }

    /// All that reading depends on. Bytes, because Swift takes texts for equal that only look alike.
    static func source(_ parameters: StringMap) -> ByteKey {
        var source: [UInt8] = []
        for key in ["objects"] + ClassSettings.keys {
            let text = parameters[key].utf8
            withUnsafeBytes(of: UInt64(text.count).littleEndian) { source += $0 }
            source += text
        }
        return ByteKey(source)
    }
}

/// What was read of late: the kubelet has each volume asked for again about every minute, with the same
/// class. A text always reads the same, so whoever brings it may be given what it said the last time.
package final class ParsedClasses: Sendable {
    private struct State {
        var recent: [ByteKey: ParsedClass] = [:]
        var recentBytes = 0
        /// What was recent before, until it is asked for again or `recent` is full once more.
        var earlier: [ByteKey: ParsedClass] = [:]
    }

    /// Of one generation.
    private static let maximumBytes = 512 << 10
    /// What an object takes beside its text, roughly.
    private static let objectBytes = 512

    private let state = Mutex(State())

    package init() {}

    func parse(_ parameters: StringMap) -> ParsedClass {
        let source = ParsedClass.source(parameters)
        if let known = state.withLock({ $0.recent[source] }) { return known }
        let parsed = state.withLock { $0.earlier[source] } ?? ParsedClass(parameters)
        let cost = source.bytes.count + Self.objectBytes * (1 + parsed.objectCount)
        // What an exhausted budget cut short says nothing about the class.
        guard cost <= Self.maximumBytes / 2, MountBudget.isWithinLimits else { return parsed }
        state.withLock { state in
            if state.recentBytes + cost > Self.maximumBytes {
                state.earlier = state.recent
                state.recent = [:]
                state.recentBytes = 0
            }
            if state.recent.updateValue(parsed, forKey: source) == nil { state.recentBytes += cost }
        }
        return parsed
    }

    /// How many are kept.
    package var count: Int { state.withLock { $0.recent.count + $0.earlier.count } }
}
