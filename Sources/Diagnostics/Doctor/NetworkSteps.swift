internal import Azure
internal import Documents
internal import SecretMemory

/// The steps to one of Azure's hosts: name, connection and certificate.
struct NetworkSteps {
    let settings: Doctor.Settings
    /// The prefix of each step's id: `entra` or `vault`.
    let prefix: String
    let service: String
    /// The host, with a port if it has one.
    let authority: String
    /// The fix for a name that cannot be resolved.
    let unresolvedFix: String

    /// The fix for a certificate whose authority is not trusted.
    static let trustFix =
        "let the provider trust the authority that signed the certificate: caBundle in the chart, SSL_CERT_FILE without it; and check the clock: timedatectl"

    private var host: String { String(authority.prefix { $0 != ":" }) }
    private var port: Int { Int(authority.split(separator: ":").dropFirst().first ?? "") ?? 443 }

    func steps() async -> [DoctorStep] {
        let proxy = settings.proxy.proxy(forHost: host, port: port)
        let place = proxy.map { "proxy \($0.host):\($0.port)" } ?? "\(host):\(port)"
        do throws(NetworkProbeError) {
            let result = try await NetworkProbe(timeout: settings.timeout).probe(host, port: port, through: proxy)
            return [
                DoctorStep(
                    "\(prefix)-name", "\(service): name", .passed,
                    Self.detail(host: host, proxy: proxy, result.addresses), duration: result.resolution),
                DoctorStep(
                    "\(prefix)-connection", "\(service): connection", .passed, place, duration: result.connection),
                certificate(result),
            ]
        } catch {
            return failed(error, place)
        }
    }

    /// Returns which resolver resolves the name, and to which addresses. An address is not resolved.
    static func detail(host: String, proxy: ProxySettings.Proxy?, _ addresses: [String]) -> String {
        let resolved = addresses.joined(separator: ", ")
        if let proxy {
            let place = proxy.host == resolved ? resolved : "\(proxy.host) (\(resolved))"
            return "the proxy \(place) resolves \(host)"
        }
        if host == resolved { return "\(host) is an address" }
        let remark = addresses.contains(where: HostKind.isPrivateAddress) ? " (a private endpoint)" : ""
        return "\(host) is \(resolved)\(remark)"
    }

    private func failed(_ failure: NetworkProbeError, _ place: String) -> [DoctorStep] {
        let name = DoctorStep("\(prefix)-name", "\(service): name", .passed, "resolved")
        switch failure.hop {
        case .nameResolution:
            return [
                DoctorStep("\(prefix)-name", "\(service): name", .failed, failure.reason, fix: unresolvedFix)
            ]
        case .tls:
            return [
                name, DoctorStep("\(prefix)-connection", "\(service): connection", .passed, place),
                DoctorStep(
                    "\(prefix)-certificate", "\(service): certificate", .failed, failure.reason,
                    fix: "let TLS to \(host) pass whatever stands between: curl --verbose https://\(authority)/"),
            ]
        default:
            return [
                name,
                DoctorStep(
                    "\(prefix)-connection", "\(service): connection", .failed, failure.reason,
                    fix: settings.proxy.proxy(forHost: host, port: port) == nil
                        ? "let \(host):\(port) through firewall and network policy, or set HTTPS_PROXY"
                        : "let the proxy pass \(host):\(port), or name it in NO_PROXY"),
            ]
        }
    }

    private func certificate(_ result: NetworkProbe.ProbeResult) -> DoctorStep {
        let certificate = result.certificate
        let now = settings.time.wallClock()
        let evidence = [
            ("names", certificate.names.prefix(4).joined(separator: " ").clipped.printable),
            ("signed by", certificate.issuer), ("expires", Timestamp.text(certificate.notAfter)),
        ]
        func step(_ status: DoctorStep.Status, _ detail: String, _ fix: String = "") -> DoctorStep {
            DoctorStep(
                "\(prefix)-certificate", "\(service): certificate", status, detail, evidence: evidence, fix: fix,
                duration: result.handshake)
        }
        guard certificate.names.contains(where: { CertificateName.covers($0, host) }) else {
            return step(
                .failed, "the certificate is not for \(host): something answers in its place",
                "check name resolution and proxy: getent hosts \(host)")
        }
        guard certificate.notAfter > now, certificate.notBefore <= now else {
            return step(
                .failed,
                "the certificate is valid from \(Timestamp.text(certificate.notBefore)) to "
                    + "\(Timestamp.text(certificate.notAfter)), now is \(Timestamp.text(now))",
                "check this machine's clock: timedatectl; then what stands between it and \(host)")
        }
        let isKnown = ["Microsoft", "DigiCert"].contains { certificate.issuer.contains($0) }
        return isKnown
            ? step(.passed, "for \(host)")
            : step(
                .warning,
                "signed by \(certificate.issuer), not by an authority of Microsoft's: a proxy may read what passes",
                "let \(host) pass uninspected, or trust that authority: caBundle in the chart, SSL_CERT_FILE without it"
            )
    }
}
