internal import AsyncSupport
internal import Budgets
internal import SecretMemory
internal import Synchronization

/// The parsed parameters of a class, before they are combined with the rest of a mount request.
struct ParsedClass: Sendable {
    var settings: ClassSettings
    /// The mistakes in the class's settings.
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

    /// The text that the result depends on. It is compared by bytes, because Swift treats different Unicode spellings
    /// of a text as equal.
    static func source(_ parameters: StringMap) -> ByteKey {
        let texts = (["objects"] + ClassSettings.keys).map { parameters[$0].utf8 }
        var source: [UInt8] = []
        // The cache keeps this array, so it has no spare room.
        source.reserveCapacity(texts.reduce(0) { $0 + MemoryLayout<UInt64>.size + $1.count })
        for text in texts {
            withUnsafeBytes(of: UInt64(text.count).littleEndian) { source += $0 }
            source += text
        }
        return ByteKey(source)
    }
}

/// A cache of parsed classes. The kubelet requests each volume again about every minute, with the same class, and the
/// same text always gives the same result, so all callers can share it.
package final class ParsedClasses: Sendable {
    private static let maximumBytes = 1 << 20
    /// The maximum size of one class, in bytes. A larger class is parsed for each mount.
    private static let maximumClassBytes = 256 << 10
    /// The approximate memory of an object in addition to its text, in bytes.
    private static let objectBytes = 512

    /// Each entry counts against the share of the namespace that parsed it first. Costs are in bytes.
    private let classes = Mutex(RecentMap<ByteKey, ParsedClass>(capacity: maximumBytes, ownerShare: maximumBytes / 2))

    package init() {}

    func parse(_ parameters: StringMap) -> ParsedClass {
        let source = ParsedClass.source(parameters)
        if let known = classes.withLock({ $0.use(source) }) { return known }
        let parsed = ParsedClass(parameters)
        let cost = source.bytes.count + Self.objectBytes * (1 + parsed.objectCount)
        // A result that was cut short by an exhausted budget does not describe the class.
        guard cost <= Self.maximumClassBytes, MountBudget.isWithinLimits else { return parsed }
        let namespace = parameters["csi.storage.k8s.io/pod.namespace"]
        classes.withLock { _ = $0.store(source, parsed, cost: cost, owner: namespace) }
        return parsed
    }

    /// The number of cached classes.
    package var count: Int { classes.withLock { $0.count } }
}
