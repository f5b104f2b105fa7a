internal import Budgets
internal import SecretMemory

/// Why a mount fails: a code, the cause, the fix, and the details, each in a field of its own. `description` puts them
/// together in the form that reaches the user.
///
/// It never holds a token or a secret's value: nothing of either is a `String` on its way here. Its texts are bounded
/// whatever is put in, and characters that cannot be seen are written as codes: many texts come from classes, and go
/// into logs, events and terminals.
package struct ProviderError: Error, Sendable {
    package var code: ErrorCode
    /// What went wrong, in full. Where upstream has a phrase for it, it begins with that phrase, because users
    /// search their logs and dashboards for it.
    package var message: String {
        get { prefix.isEmpty ? text : (prefix + text).bounded(toBytes: Self.maximumMessageBytes) }
        set {
            prefix = ""
            text = Self.bounded(message: newValue)
        }
    }
    /// The steps that ended in the failure, in upstream's words; the message begins with them.
    private(set) var prefix = ""
    /// The message without the steps.
    private(set) var text: String
    /// The cause in one sentence, where the message is not that.
    private(set) var specificCause: String?
    /// The objects that it is about, unless the cause names them.
    package var subject: ErrorSubject?
    /// What the reader can do about this very case; the code's general hint when nil, nothing when empty.
    package var specificHint: String? { didSet { specificHint = Self.bounded(hint: specificHint) } }
    /// The command that fixes the objects that it is about; it replaces the hints.
    package var objectCommand: ObjectCommand?
    /// Whose identity, which vault, which request: names only.
    package var context: [(name: String, value: String)] { didSet { context = Self.bounded(context: context) } }
    /// Which part of the class it is about, as far as it is about one.
    package var place = ErrorPlace()
    /// When several things are wrong, each of them, in the order of the manifest.
    package private(set) var parts: [ProviderError]
    /// The number of errors that `parts` has no room for.
    package private(set) var omittedParts = 0
    /// The vault itself said that it does not have the object, or has it disabled. Nothing else that looks
    /// alike, such as a proxy's 404, may make an optional object vanish.
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

    /// One error for all of `errors`; of several, the first gives the code. Nil when there are none.
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

    /// The same error with each of its parts, or itself if it has none, changed by `change`.
    func mappingParts(_ change: (ProviderError) -> ProviderError) -> ProviderError {
        var copy = self
        copy.parts = copy.parts.map(change)
        return copy
    }

    /// What a ServiceAccount is annotated with is missing or wrong.
    package var isAboutAnnotation: Bool { code == .annotationMissing || code == .annotationInvalid }

    /// The cause in one sentence, without the objects of `subject`.
    package var cause: String { specificCause ?? text }

    /// The cause in one sentence, with its objects.
    package var sentence: String { (subject.map { "\($0.text): " } ?? "") + cause }

    /// One command or setting; empty when nothing is known to help.
    package var hint: String {
        if let objectCommand { return objectCommand.text(for: subject?.names ?? []) }
        return specificHint ?? code.hint
    }

    /// Adds what is known of the surroundings, unless a part says it already.
    package func adding(_ context: [(name: String, value: String)]) -> ProviderError {
        var copy = self
        copy.context += context.filter { new in
            !new.value.isEmpty && !copy.context.contains { $0.name == new.name }
        }
        return copy
    }

    /// The same error with `prefix` before its message. Its cause stays as it is.
    package func prefixed(_ prefix: String) -> ProviderError {
        var copy = mappingParts { $0.prefixed(prefix) }
        // What is there already need not be looked through again.
        copy.prefix = (Self.bounded(message: prefix) + copy.prefix).bounded(toBytes: Self.maximumMessageBytes)
        return copy
    }
}

extension ProviderError {
    /// The bound of the whole description.
    package static let maximumBytes = 16 << 10
    /// The number of parts that the description lists, and how many are kept for the tools.
    static let maximumListed = 100
    static let maximumParts = 1000

    private static let maximumMessageBytes = 8 << 10
    private static let maximumCauseBytes = 1 << 10
    private static let maximumHintBytes = 1 << 10
    private static let maximumContext = 15
    private static let maximumNameBytes = 64
    private static let maximumValueBytes = 384

    private static func bounded(message: String) -> String {
        // A class can cause many errors. Whether the mount may go on is for those who read the class to ask.
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
