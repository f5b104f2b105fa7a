internal import AsyncSupport
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
/// class. A text always reads the same, so every caller may be given what it said the last time.
package final class ParsedClasses: Sendable {
    private static let maximumBytes = 1 << 20
    /// Of one class. A larger one is parsed for each mount.
    private static let maximumClassBytes = 256 << 10
    /// What an object takes in addition to its text, roughly.
    private static let objectBytes = 512

    /// Kept on the share of the namespace that parsed it first. The cost is in bytes.
    private let classes = Mutex(RecentMap<ByteKey, ParsedClass>(capacity: maximumBytes, ownerShare: maximumBytes / 2))

    package init() {}

    func parse(_ parameters: StringMap) -> ParsedClass {
        let source = ParsedClass.source(parameters)
        if let known = classes.withLock({ $0.use(source) }) { return known }
        let parsed = ParsedClass(parameters)
        let cost = source.bytes.count + Self.objectBytes * (1 + parsed.objectCount)
        // What an exhausted budget cut short says nothing about the class.
        guard cost <= Self.maximumClassBytes, MountBudget.isWithinLimits else { return parsed }
        let namespace = parameters["csi.storage.k8s.io/pod.namespace"]
        classes.withLock { _ = $0.store(source, parsed, cost: cost, owner: namespace) }
        return parsed
    }

    /// The number of classes that are kept.
    package var count: Int { classes.withLock { $0.count } }
}
