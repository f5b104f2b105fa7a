package import Azure
package import ProviderCore

/// A mount's answer and what led to it.
package struct MountResult: Sendable {
    package var answer: MountResponse
    /// What was mounted, with what its selectors picked.
    package var mount: AuthorizedMount
    package var plan: MountPlan
    package var contents: FetchedContents
}
