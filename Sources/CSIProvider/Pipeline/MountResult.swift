package import Azure
package import ProviderCore

/// The response to a mount, and everything that produced it.
package struct MountResult: Sendable {
    package var response: MountResponse
    /// What was mounted, with what its selectors picked.
    package var mount: AuthorizedMount
    package var plan: MountPlan
    package var contents: FetchedContents
    /// How old the contents may be when the volume is mounted again.
    package var refreshInterval: Duration
}
