/// Why a mount fails, in the form in which it reaches the user.
///
/// The message of a failed mount is all that a user sees in the pod's events, so it names what is
/// wrong and what to do. It never holds a token or a secret's value: nothing of either is a `String`
/// on its way here.
package struct ProviderError: Error, Sendable {
    package var code: ErrorCode
    /// What went wrong. Where upstream has a phrase for it, it begins with that phrase, because users
    /// search their logs and dashboards for it.
    package var message: String
    /// What the reader can do about this very case; the code's general hint when nil.
    package var specificHint: String?
    /// Whose identity, which vault, which request: names only.
    package var context: [(name: String, value: String)]
    /// Which part of the class it is about, as far as it is about one.
    package var place = ErrorPlace()
    /// When several things are wrong, each of them, in the order of the manifest.
    package var parts: [ProviderError]
    /// The vault itself said that it does not have the object, or has it disabled. Nothing else that looks
    /// alike, such as a proxy's 404, may make an optional object vanish.
    package var isAuthoritativeNotFound = false

    package init(
        _ code: ErrorCode,
        _ message: String,
        hint: String? = nil,
        context: [(name: String, value: String)] = []
    ) {
        self.code = code
        self.message = message
        self.specificHint = hint
        self.context = context
        self.parts = []
    }

    /// One error for all of `errors`; of several, the first gives the code. Nil when there are none.
    package static func combining(_ errors: [ProviderError]) -> ProviderError? {
        guard let first = errors.first, errors.count > 1 else { return errors.first }
        var combined = ProviderError(first.code, "")
        combined.parts = errors.flatMap { $0.parts.isEmpty ? [$0] : $0.parts }
        return combined
    }

    /// What a ServiceAccount is annotated with is missing or wrong.
    package var isAboutAnnotation: Bool { code == .annotationMissing || code == .annotationInvalid }

    package var hint: String { specificHint ?? code.hint }

    /// Adds what is known of the surroundings, unless a part says it already.
    package func adding(_ context: [(name: String, value: String)]) -> ProviderError {
        var copy = self
        copy.context += context.filter { new in
            !new.value.isEmpty && !copy.context.contains { $0.name == new.name }
        }
        return copy
    }

    /// The same error with `prefix` before its message.
    package func prefixed(_ prefix: String) -> ProviderError {
        var copy = self
        copy.message = prefix + copy.message
        copy.parts = copy.parts.map { $0.prefixed(prefix) }
        return copy
    }
}

extension ProviderError: CustomStringConvertible {
    /// One line per failure: what, how to fix it, the code, and last the surroundings. Kubernetes cuts
    /// events off at 1024 bytes, so what helps most comes first.
    package var description: String {
        guard parts.isEmpty else {
            let lines = parts.enumerated().map { "\n(\($0.offset + 1)) \($0.element.body)" }.joined()
            return "\(parts.count) errors:" + lines + contextText
        }
        return body
    }

    private var body: String {
        let end = message.hasSuffix(".") ? "" : "."
        return "\(message)\(end) To fix: \(hint) [\(code.rawValue)]\(contextText)"
    }

    private var contextText: String {
        context.isEmpty ? "" : " (" + context.map { "\($0.name): \($0.value)" }.joined(separator: ", ") + ")"
    }
}
