internal import ProviderCore

extension TransportError {
    /// The failure as a mount's error; `service` says whom it did not reach.
    func providerError(reaching service: String) -> ProviderError {
        let context = [("hop", hop.rawValue)]
        switch kind {
        case .timedOut:
            return ProviderError(.timedOut, "\(service) did not answer in time: \(reason)", context: context)
        case .throttled:
            return ProviderError(.throttled, "\(service) is not asked now: \(reason)", context: context)
        case .cancelled, .withdrawn:
            return ProviderError(.cancelled, "the mount was given up while waiting for \(service)", context: context)
        case .final where hop == .request:
            return ProviderError(
                .answerMalformed, "\(service) gave an answer that cannot be used: \(reason)", context: context)
        case .transient, .final:
            let hint: String? =
                hop == .tls
                ? "check the node's clock, and whether SSL_CERT_FILE holds the authority that signed this host's certificate"
                : nil
            return ProviderError(.unreachable, "\(service) cannot be reached: \(reason)", hint: hint, context: context)
        }
    }
}
