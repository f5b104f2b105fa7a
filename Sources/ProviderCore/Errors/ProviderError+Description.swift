internal import SecretMemory

extension ProviderError: CustomStringConvertible {
    /// `[code] cause. Fix: one command or setting — details`.
    ///
    /// Kubernetes cuts an event off after 1024 bytes, of which the driver's own words take some, so code, cause and fix
    /// come first and are short enough together. Of several errors, objects that fail for the same reason are one
    /// entry, and the details of all errors come last.
    package var description: String {
        guard !parts.isEmpty else {
            return headText + Self.tail([detail], contextText, code, room: roomAfter(headText))
        }
        let head = headText
        let details = parts.enumerated().map { index, part -> String in
            let text = [part.detail, part.contextText].filter { !$0.isEmpty }.joined(separator: " ")
            return text.isEmpty ? "" : "(\(index + 1)) \(text)"
        }
        return head + Self.tail(details, contextText, code, room: roomAfter(head))
    }

    /// Code, cause and fix of everything that is wrong, without the details.
    package var headText: String {
        let entries = ErrorEntry.grouping(parts.isEmpty ? [self] : parts)
        let count = entries.count + omittedParts
        if count == 1 { return entries[0].text(limit: Self.maximumHeadBytes) }
        var text = "\(count) errors:"
        var listed = 0
        for entry in entries.prefix(Self.maximumListed) {
            let line = "\n(\(listed + 1)) " + entry.text(limit: Self.maximumHeadBytes - 24)
            guard text.utf8.count + line.utf8.count <= Self.maximumBytes / 2 || listed == 0 else { break }
            text += line
            listed += 1
        }
        return listed < count ? text + "\nand \(count - listed) more" : text
    }

    /// The most bytes of code, cause and fix: an event's 1024 without the driver's own.
    package static let maximumHeadBytes = 1024 - 150

    private func roomAfter(_ head: String) -> Int { Self.maximumBytes - head.utf8.count }

    /// Where `code` is explained, then `details` and `context`, behind a dash and in at most `room` bytes.
    private static func tail(_ details: [String], _ context: String, _ code: ErrorCode, room: Int) -> String {
        let pointer = "see akv-csi explain \(code.rawValue)"
        // Identity and vault, at the end, are worth more than the last of many details.
        var room = room - context.utf8.count - pointer.utf8.count - " — : ".utf8.count - 1
        let details = details.filter { !$0.isEmpty }.prefix { detail in
            room -= detail.utf8.count + 1
            return room >= 0
        }
        let text = [details.joined(separator: "\n"), context].filter { !$0.isEmpty }.joined(separator: " ")
        return " — \(pointer)" + (text.isEmpty ? "" : ": \(text)")
    }

    /// The message, unless it is the cause; then the steps that ended in it.
    private var detail: String {
        // The head may have cut off a long cause.
        if specificCause != nil || subject != nil || text.utf8.count > Self.maximumHeadBytes / 3 { return message }
        let ends = [": ", ", error"]
        return ends.reduce(prefix) { text, end in text.hasSuffix(end) ? String(text.dropLast(end.count)) : text }
    }

    private var contextText: String {
        context.isEmpty ? "" : "(" + context.map { "\($0.name): \($0.value)" }.joined(separator: ", ") + ")"
    }
}

/// What failed for one reason: an error, or several that differ in their objects alone.
private struct ErrorEntry {
    private struct Key: Hashable {
        var code: ErrorCode
        var cause: String
        var hint: String?
        var command: ObjectCommand?
        var kind: ErrorSubject?
    }

    private var key: Key
    private var subject: ErrorSubject?

    /// The entries of `errors`, in the order in which the first of each comes.
    static func grouping(_ errors: [ProviderError]) -> [ErrorEntry] {
        var entries: [ErrorEntry] = []
        var indices: [Key: Int] = [:]
        for error in errors {
            let key = Key(
                code: error.code, cause: error.cause, hint: error.specificHint, command: error.objectCommand,
                kind: error.subject?.kind)
            if let index = indices[key] {
                if let subject = error.subject { entries[index].subject?.merge(subject) }
            } else {
                indices[key] = entries.count
                entries.append(ErrorEntry(key: key, subject: error.subject))
            }
        }
        return entries
    }

    /// Code, cause and fix in at most `limit` bytes. What is too long for that is the cause's end: a fix is worth
    /// nothing in part.
    func text(limit: Int) -> String {
        let code = "[\(key.code.rawValue)] "
        let hint = key.command?.text(for: subject?.names ?? []) ?? key.hint ?? key.code.hint
        let fix = hint.isEmpty ? "" : " Fix: \(hint)"
        var cause = (subject.map { "\($0.text): " } ?? "") + key.cause
        cause = cause.bounded(toBytes: max(Self.minimumCauseBytes, limit - code.utf8.count - fix.utf8.count - 1))
        return code + cause + (cause.hasSuffix(".") || cause.hasSuffix("…") ? "" : ".") + fix
    }

    private static let minimumCauseBytes = 160
}
