internal import Documents

/// The part of a SecretProviderClass that an error is about, for tools that show its position. Error messages do not
/// depend on it.
package struct ErrorPlace: Hashable, Sendable {
    /// The parameter's name.
    package var parameter: String?
    /// The index of the list item of `objects`, counted from 0.
    package var objectIndex: Int?
    /// The setting of the object; for nested settings, the outermost one.
    package var setting: String?
    /// The line in the text of the list item, counted from 1; in `objects` itself if the error is not about one item.
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

    /// Creates the place at which a parser stopped.
    init(_ error: YAMLError) {
        self.init(line: error.line > 0 ? error.line : nil, column: error.column > 0 ? error.column : nil)
    }

    /// Returns this place, with missing parts taken from `outer`.
    fileprivate func inside(_ outer: ErrorPlace) -> ErrorPlace {
        ErrorPlace(
            parameter: parameter ?? outer.parameter, objectIndex: objectIndex ?? outer.objectIndex,
            setting: setting ?? outer.setting, line: line ?? outer.line, column: column ?? outer.column)
    }
}

extension ProviderError {
    /// Returns the same error with `place` filling the parts of its place that are not set.
    func about(_ place: ErrorPlace) -> ProviderError {
        var copy = mappingParts { $0.about(place) }
        copy.place = copy.place.inside(place)
        return copy
    }

    /// Returns the same error, placed at that parameter of the class.
    func about(parameter: String) -> ProviderError { about(ErrorPlace(parameter: parameter)) }
}
