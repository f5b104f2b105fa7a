internal import Documents

/// The part of a SecretProviderClass that an error is about, for tools that show where it is. The messages do not
/// depend on it.
package struct ErrorPlace: Hashable, Sendable {
    /// The parameter's name.
    package var parameter: String?
    /// The list item of `objects`, counted from 0.
    package var objectIndex: Int?
    /// The object's setting; of nested settings the outermost.
    package var setting: String?
    /// The line in the text of the list item, or of `objects` when the error is about none, counted from 1.
    package var line: Int?
    /// The column in that line, counted from 1.
    package var column: Int?

    init(
        parameter: String? = nil, objectIndex: Int? = nil, setting: String? = nil, line: Int? = nil, column: Int? = nil
    ) {
        self.parameter = parameter
        self.objectIndex = objectIndex
        self.setting = setting
        self.line = line
        self.column = column
    }

    /// Where a parser gave up.
    init(_ error: YAMLError) {
        self.init(line: error.line > 0 ? error.line : nil, column: error.column > 0 ? error.column : nil)
    }

    /// This place, with the parts of `outer` that this one leaves out.
    fileprivate func inside(_ outer: ErrorPlace) -> ErrorPlace {
        ErrorPlace(
            parameter: parameter ?? outer.parameter, objectIndex: objectIndex ?? outer.objectIndex,
            setting: setting ?? outer.setting, line: line ?? outer.line, column: column ?? outer.column)
    }
}

extension ProviderError {
    /// The same error, about `place` as far as it does not say so itself.
    func about(_ place: ErrorPlace) -> ProviderError {
        var copy = mappingParts { $0.about(place) }
        copy.place = copy.place.inside(place)
        return copy
    }

    /// The same error, about that parameter of the class.
    func about(parameter: String) -> ProviderError { about(ErrorPlace(parameter: parameter)) }
}
