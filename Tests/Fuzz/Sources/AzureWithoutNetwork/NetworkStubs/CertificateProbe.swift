/// Replaces the real probe, so that the fuzz program needs neither a TLS library nor an event loop.
enum CertificateProbe {
    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    static func subjectAlternativeNames(
        of host: String, port: Int, authorityPEM: [UInt8], timeout: Duration
    ) async throws(Failure) -> [String] {
        throw Failure(description: "there is no network")
    }
}
