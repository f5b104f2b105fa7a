internal import SecretMemory

extension ProviderError: CustomStringConvertible {
    /// `[code] cause. Fix: one command or setting — details`.
    ///
    /// Kubernetes cuts an event off after 1024 bytes, and the driver's own text takes some of them. Code, cause and fix
    /// therefore come first and are short enough to fit together. If an error has several parts, objects that fail for
    /// the same reason share one entry, and the details of all parts come last.
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

    /// Code, cause and fix of each part, without the details.
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

    /// The maximum length of code, cause and fix in bytes: an event's 1024 bytes without the driver's prefix.
    package static let maximumHeadBytes = 1024 - 150

    private func roomAfter(_ head: String) -> Int { Self.maximumBytes - head.utf8.count }

    /// Returns the pointer to the explanation of `code`, then `details` and `context` behind a dash, in at most `room`
    /// bytes.
    private static func tail(_ details: [String], _ context: String, _ code: ErrorCode, room: Int) -> String {
        let pointer = "see akv-csi explain \(code.rawValue)"
        // Identity and vault come last, and they are more useful than the end of a long list of details.
        var room = room - context.utf8.count - pointer.utf8.count - " — : ".utf8.count - 1
        let details = details.filter { !$0.isEmpty }.prefix { detail in
            room -= detail.utf8.count + 1
            return room >= 0
        }
        let text = [details.joined(separator: "\n"), context].filter { !$0.isEmpty }.joined(separator: " ")
        return " — \(pointer)" + (text.isEmpty ? "" : ": \(text)")
    }

    /// The message if it says more than the cause, and otherwise the steps of the mount that failed.
    private var detail: String {
        // The head may have shortened a long cause.
        if specificCause != nil || subject != nil || text.utf8.count > Self.maximumHeadBytes / 3 { return message }
        let ends = [": ", ", error"]
        return ends.reduce(prefix) { text, end in text.hasSuffix(end) ? String(text.dropLast(end.count)) : text }
    }

    private var contextText: String {
        context.isEmpty ? "" : "(" + context.map { "\($0.name): \($0.value)" }.joined(separator: ", ") + ")"
    }
}

/// The failures with one reason: an error, or several errors that differ only in their objects.
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

    /// Groups `errors` by reason. An entry has the position of its first error.
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

    /// Returns code, cause and fix in at most `limit` bytes. A text that is too long loses the end of its cause,
    /// because a fix is useful only as a whole.
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
