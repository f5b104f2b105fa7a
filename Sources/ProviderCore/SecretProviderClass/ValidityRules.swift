/// The rules about an object's validity period that a mount checks.
package struct ValidityRules: Sendable, Hashable {
    /// The minimum time until the object expires; otherwise the mount fails.
    package var minimumRemaining: Duration?
    /// Whether the mount fails if the object is not valid yet.
    package var respectsNotBefore = false

    package init() {}
}
