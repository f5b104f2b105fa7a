/// The name and host of a vault. The host's suffix comes from the operator's cloud and not from a class, so a token
/// cannot be sent to another host.
package struct VaultAddress: Hashable, Sendable {
    package var name: String
    /// The host name, with a port if the cloud's suffix has one.
    package var host: String

    package init(name: String, suffix: String) {
        self.name = name
        self.host = "\(name).\(suffix)"
    }
}
