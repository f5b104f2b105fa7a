package import Documents

/// A part of a document.
package struct Extract: Sendable, Hashable {
    package enum Place: Sendable, Hashable {
        case pointer(JSONPointer)
        case jmesPath(JMESPath)
    }

    let place: Place
    /// Used when the value is missing or null.
    let defaultValue: String?
    /// Spaces of indentation for each level of JSON; on one line when nil.
    package let indent: Int?

    package init(place: Place, defaultValue: String?, indent: Int?) {
        self.place = place
        self.defaultValue = defaultValue
        self.indent = indent
    }

    /// The part. A null counts as absent: no pod waits for a file with that word.
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
