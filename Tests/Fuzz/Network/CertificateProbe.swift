/// Stands in for the real probe, so that fuzzing builds neither a TLS library nor an event loop.
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
