extension EmulatorError {
    /// An error about `document`, such as `the seed`, that a YAML or JSON decoder could not read. The message
    /// names the place in the document.
    init(reading document: String, _ error: any Error) {
        if let error = error as? EmulatorError {
            self = error
        } else if let error = error as? DecodingError {
            self.init("\(document) is not usable: \(Self.text(of: error))")
        } else {
            self.init("\(document) is not valid YAML: \(error)")
        }
    }

    private static func text(of error: DecodingError) -> String {
        // The decoder wraps an error that one of the emulator's own types threw.
        if case .dataCorrupted(let context) = error, let inner = context.underlyingError as? EmulatorError {
            return inner.description
        }
        func place(_ context: DecodingError.Context) -> String {
            let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
            return path.isEmpty ? "at the top" : "at \(path.drop { $0 == "." })"
        }
        switch error {
        case .keyNotFound(let key, let context): return "\(key.stringValue) is missing \(place(context))"
        case .typeMismatch(_, let context), .valueNotFound(_, let context), .dataCorrupted(let context):
            return "\(context.debugDescription) \(place(context))"
        @unknown default: return "\(error)"
        }
    }
}
