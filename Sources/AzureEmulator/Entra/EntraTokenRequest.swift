/// A request to Entra's token endpoint, `POST /{tenant}/oauth2/v2.0/token`.
struct EntraTokenRequest {
    var tenant: String
    /// The URL of the endpoint as the client sees it, which is the audience of its own assertions.
    var endpoint: String
    /// The fields of the request's form.
    var form: [String: String]
    /// Whether the request came through the cluster's token proxy.
    var isThroughProxy = false
}
