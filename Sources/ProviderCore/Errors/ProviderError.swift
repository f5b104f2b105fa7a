internal import Budgets
internal import SecretMemory

/// The reason why a mount fails: code, cause, fix and details in separate fields. `description` joins them into the
/// text that reaches the user.
///
/// The error never holds a token or a secret's value, because neither is converted to a `String` anywhere. Its texts
/// have bounded lengths, and invisible characters are escaped: many of them come from classes, and they are shown in
/// logs, events and terminals.
package struct ProviderError: Error, Sendable {
    package var code: ErrorCode
    /// The full description of the failure. If upstream has a phrase for the failure, the message begins with it,
    /// because users search their logs and dashboards for that phrase.
    package var message: String {
        get { prefix.isEmpty ? text : (prefix + text).bounded(toBytes: Self.maximumMessageBytes) }
        set {
            prefix = ""
            text = Self.bounded(message: newValue)
        }
    }
    /// The steps of the mount that failed, in upstream's words. The message begins with them.
    private(set) var prefix = ""
    /// The message without the steps.
    private(set) var text: String
    /// The cause in one sentence; nil if `text` is that sentence.
    private(set) var specificCause: String?
    /// The objects that the error is about; nil if the cause names them.
    package var subject: ErrorSubject?
    /// The fix for this case; if it is nil, the code's general hint applies, and if it is empty, the error has no hint.
    package var specificHint: String? { didSet { specificHint = Self.bounded(hint: specificHint) } }
    /// The command that fixes the objects in `subject`. It replaces the hints.
    package var objectCommand: ObjectCommand?
    /// Facts about the failed request, such as identity, vault and request ID. It holds names only.
    package var context: [(name: String, value: String)] { didSet { context = Self.bounded(context: context) } }
    /// The part of the class that the error is about, if it is about one.
    package var place = ErrorPlace()
    /// The separate errors if there are several, in the order of the manifest.
    package private(set) var parts: [ProviderError]
    /// The number of errors that were dropped because `parts` is limited.
    package private(set) var omittedParts = 0
    /// Whether the vault itself reported the object as missing or disabled. Only such an answer may make an optional
    /// object disappear; a proxy's 404 may not.
    package var isAuthoritativeNotFound = false

    package init(
        _ code: ErrorCode,
        _ message: String,
        cause: String? = nil,
        hint: String? = nil,
        context: [(name: String, value: String)] = []
    ) {
        self.code = code
        text = Self.bounded(message: message)
        specificCause = cause.map(Self.bounded(cause:))
        specificHint = Self.bounded(hint: hint)
        self.context = Self.bounded(context: context)
        self.parts = []
    }

    /// Combines `errors` into one error; the first of them provides the code. Returns nil for an empty list.
    package static func combining(_ errors: [ProviderError]) -> ProviderError? {
        guard let first = errors.first, errors.count > 1 else { return errors.first }
        var combined = ProviderError(first.code, "")
        for error in errors {
            let parts = error.parts.isEmpty ? [error] : error.parts
            let kept = parts.prefix(maximumParts - combined.parts.count)
            combined.parts += kept
            combined.omittedParts += error.omittedParts + parts.count - kept.count
        }
        return combined
    }

    /// Returns the error with `change` applied to each of its parts, or to itself if it has none.
    func mappingParts(_ change: (ProviderError) -> ProviderError) -> ProviderError {
        var copy = self
        copy.parts = copy.parts.map(change)
        return copy
    }

    /// Whether an annotation of a ServiceAccount is missing or wrong.
    package var isAboutAnnotation: Bool { code == .annotationMissing || code == .annotationInvalid }

    /// The cause in one sentence, without the objects of `subject`.
    package var cause: String { specificCause ?? text }

    /// The cause in one sentence, with the objects of `subject`.
    package var sentence: String { (subject.map { "\($0.text): " } ?? "") + cause }

    /// The suggested fix, as one command or setting; empty if none is known.
    package var hint: String {
        if let objectCommand { return objectCommand.text(for: subject?.names ?? []) }
        return specificHint ?? code.hint
    }

    /// Returns the error with these facts added to its context. A fact whose name the context already has is left out.
    package func adding(_ context: [(name: String, value: String)]) -> ProviderError {
        var copy = self
        copy.context += context.filter { new in
            !new.value.isEmpty && !copy.context.contains { $0.name == new.name }
        }
        return copy
    }

    /// Returns the error with `prefix` before its message. Its cause does not change.
    package func prefixed(_ prefix: String) -> ProviderError {
        var copy = mappingParts { $0.prefixed(prefix) }
        // The existing prefix is bounded already.
        copy.prefix = (Self.bounded(message: prefix) + copy.prefix).bounded(toBytes: Self.maximumMessageBytes)
        return copy
    }
}

extension ProviderError {
    /// The maximum length of the description, in bytes.
    package static let maximumBytes = 16 << 10
    /// The number of parts that the description lists, and the number of parts that are kept for tools.
    static let maximumListed = 100
    static let maximumParts = 1000

    private static let maximumMessageBytes = 8 << 10
    private static let maximumCauseBytes = 1 << 10
    private static let maximumHintBytes = 1 << 10
    private static let maximumContext = 15
    private static let maximumNameBytes = 64
    private static let maximumValueBytes = 384

    private static func bounded(message: String) -> String {
        // Many errors can come from one class, so their texts are charged to the mount's budget. The code that reads
        // the class checks whether the budget is spent.
        _ = MountBudget.spend(steps: min(message.utf8.count, maximumMessageBytes) / 8, on: .reading)
        return message.visible(maximumBytes: maximumMessageBytes)
    }

    private static func bounded(cause: String) -> String { cause.visible(maximumBytes: maximumCauseBytes) }

    private static func bounded(hint: String?) -> String? { hint?.visible(maximumBytes: maximumHintBytes) }

    private static func bounded(context: [(name: String, value: String)]) -> [(name: String, value: String)] {
        context.prefix(maximumContext).map { name, value in
            (name.visible(maximumBytes: maximumNameBytes), value.visible(maximumBytes: maximumValueBytes))
        }
    }
}
