package import Documents

/// The settings that extract a part of a document.
package struct Extract: Sendable, Hashable {
    /// The place of the part in the document.
    package enum Place: Sendable, Hashable {
        case pointer(JSONPointer)
        case jmesPath(JMESPath)
    }

    let place: Place
    /// The value that is used if the extracted value is missing or null.
    let defaultValue: String?
    /// The number of spaces by which each level of JSON is indented; nil for one line.
    package let indent: Int?

    package init(place: Place, defaultValue: String?, indent: Int?) {
        self.place = place
        self.defaultValue = defaultValue
        self.indent = indent
    }

    /// Returns the extracted part. A null value counts as missing, because a file with the word `null` would be
    /// useless.
    package func value(in document: JSONValue, _ budget: inout ShapingBudget) throws(ShapingError) -> JSONValue {
        let found: JSONValue
        switch place {
        case .pointer(let pointer):
            do {
                found = try pointer.value(in: document)
            } catch {
                guard let defaultValue else { throw error }
                return .text(defaultValue)
            }
        case .jmesPath(let expression): found = try expression.search(document, &budget)
        }
        guard found.isNull else { return found }
        if let defaultValue { return .text(defaultValue) }
        if case .pointer = place { throw ShapingError(.missing, "the value there is null") }
        throw ShapingError(.missing, "the expression finds nothing")
    }
}
