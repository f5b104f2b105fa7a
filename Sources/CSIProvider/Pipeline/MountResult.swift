package import Azure
package import ProviderCore

/// The response to a mount, with its configuration, plan and contents.
package struct MountResult: Sendable {
    package var response: MountResponse
    /// The configuration of the mount, with its selectors replaced by the objects that they selected.
    package var mount: AuthorizedMount
    package var plan: MountPlan
    package var contents: FetchedContents
    /// The maximum age of the contents when the volume is mounted again.
    package var refreshInterval: Duration
}
