/// A service-account token for workload identity.
struct PodToken: Sendable {
    static let audience = "api://AzureADTokenExchange"

    var token: String
    /// The expiry time in RFC 3339 format.
    var expiry: String

    /// The value of the attribute `csi.storage.k8s.io/serviceAccount.tokens`, as the kubelet writes it.
    var attribute: String {
        #"{"\#(Self.audience)":{"token":"\#(token)","expirationTimestamp":"\#(expiry)"}}"#
    }
}
