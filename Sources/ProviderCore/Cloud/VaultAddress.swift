/// A vault's name and host. The host comes from the operator's cloud alone, so a token can go nowhere
/// else.
package struct VaultAddress: Hashable, Sendable {
    package var name: String
    /// With a port if the cloud's suffix has one.
    package var host: String

    package init(name: String, suffix: String) {
        self.name = name
        self.host = "\(name).\(suffix)"
    }
}
