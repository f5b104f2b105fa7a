/// A service-account token for workload identity.
struct PodToken: Sendable {
    static let audience = "api://AzureADTokenExchange"

    var token: String
    /// RFC 3339.
    var expiry: String

    /// As the kubelet puts it into the volume context.
    var attribute: String {
        #"{"\#(Self.audience)":{"token":"\#(token)","expirationTimestamp":"\#(expiry)"}}"#
    }
}
