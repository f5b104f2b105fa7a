/// Which of an object's times matter to a mount.
package struct ValidityRules: Sendable, Hashable {
    /// The mount fails when the object expires sooner.
    package var minimumRemaining: Duration?
    /// The mount fails when the object is not valid yet.
    package var respectsNotBefore = false

    package init() {}
}
