/// A configuration that the provider cannot start with.
package struct ConfigurationError: Error, CustomStringConvertible, Sendable {
    package var description: String

    init(_ description: String) {
        self.description = description
    }
}
