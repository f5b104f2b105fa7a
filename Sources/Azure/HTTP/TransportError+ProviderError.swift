internal import ProviderCore

extension TransportError {
    /// Returns the failure as a mount's error. `service` is the service that could not be reached.
    func providerError(reaching service: String) -> ProviderError {
        let context = [("hop", hop.rawValue)]
        switch kind {
        case .timedOut:
            return ProviderError(.timedOut, "\(service) did not answer in time: \(reason)", context: context)
        case .throttled:
            return ProviderError(.throttled, "\(service) is throttling: \(reason)", context: context)
        case .cancelled, .withdrawn:
            return ProviderError(.cancelled, "the mount was cancelled while waiting for \(service)", context: context)
        case .final where hop == .request:
            return ProviderError(
                .answerMalformed, "\(service) sent a response that cannot be used: \(reason)", context: context)
        case .transient, .final:
            return ProviderError(
                .unreachable, "\(service) cannot be reached: \(reason)", hint: hint, context: context)
        }
    }

    /// The suggested check for the step that failed.
    private var hint: String? {
        switch hop {
        case .tls:
            "check the node's clock, and whether SSL_CERT_FILE (caBundle in the chart) holds the authority that signed"
                + " this host's certificate"
        case .nameResolution: "check the host name, and the DNS server and private DNS zones of the node"
        case .proxy: "check HTTPS_PROXY and NO_PROXY of the provider, and whether the proxy lets this host through"
        default: nil
        }
    }
}
