internal import Documents
internal import Glibc
internal import NIOSSL

/// The trusted certificate authorities, with the conventions of `SSL_CERT_FILE` and `SSL_CERT_DIR`. Without these
/// variables, they are the system's authorities and those that an administrator added to them.
package struct TrustRoots: Sendable, Equatable {
    /// The maximum size of a file in bytes. The bundle of a distribution has a quarter of a megabyte.
    private static let maximumFileBytes = 16 << 20

    private var files: [String]
    private var directories: [String]
    private var systemDirectories: [String]

    /// Creates the settings. `systemDirectories` are the directories in which Go programs, such as upstream, read all
    /// files: charts mount the certificate of a proxy there (`/etc/ssl/certs/proxy-cert.crt`).
    package init(
        environment: [String: String] = [:],
        systemDirectories: [String] = ["/etc/ssl/certs", "/etc/pki/tls/certs"]
    ) {
        self.systemDirectories = systemDirectories
        files = [environment["SSL_CERT_FILE"] ?? ""].filter { !$0.isEmpty }
        directories = (environment["SSL_CERT_DIR"] ?? "").split(separator: ":").map(String.init)
    }

    private var isSystem: Bool { files.isEmpty && directories.isEmpty }

    /// The state of the files at the last check.
    struct Fingerprint: Equatable {
        fileprivate var places: [Int]
        fileprivate var entries: [Int]
        fileprivate var readAt: ContinuousClock.Instant

        static func == (one: Fingerprint, other: Fingerprint) -> Bool {
            one.places == other.places && one.entries == other.entries
        }
    }

    /// The time within which a write to a file in a directory may be noticed late.
    private static let directoryInterval = Duration.seconds(1)

    /// Returns a value that changes when a named file changes, when a file is added to or removed from a directory,
    /// and, after a short delay, when a file in a named directory is written to. Each request calls this, and a
    /// directory can have hundreds of files.
    func fingerprint(after previous: Fingerprint?) -> Fingerprint {
        let places = Self.looks(of: isSystem ? systemDirectories : files + directories)
        let now = ContinuousClock.now
        if let previous, previous.places == places,
            directories.isEmpty || now - previous.readAt < Self.directoryInterval
        {
            return previous
        }
        return Fingerprint(
            places: places, entries: Self.looks(of: directories.flatMap(Self.entries)), readAt: now)
    }

    private static func looks(of paths: [String]) -> [Int] {
        paths.flatMap { path -> [Int] in
            var information = stat()
            guard stat(path, &information) == 0 else { return [-1] }
            return [
                Int(information.st_ino), Int(information.st_size), information.st_mtim.tv_sec,
                information.st_mtim.tv_nsec,
            ]
        }
    }

    /// Loads the roots for the TLS library. A file in a directory without a certificate is ignored, as in OpenSSL; a
    /// named file must be readable.
    func load() throws -> NIOSSLTrustRoots {
        guard !isSystem else { return .default }
        var certificates: [NIOSSLCertificate] = []
        for file in files { certificates += try Self.certificates(in: file) }
        for entry in directories.flatMap(Self.entries) {
            certificates += (try? Self.certificates(in: entry)) ?? []
        }
        return .certificates(certificates)
    }

    /// Loads the certificates that were added to the system's directories. The distribution's own files are symbolic
    /// links there, except for one bundle.
    func loadAdditional() -> [NIOSSLCertificate] {
        guard isSystem else { return [] }
        return systemDirectories.flatMap(Self.entries).filter(Self.isForeign).flatMap {
            (try? Self.certificates(in: $0)) ?? []
        }
    }

    private static func certificates(in file: String) throws -> [NIOSSLCertificate] {
        let bytes: [UInt8]
        do throws(SmallFileError) { bytes = try SmallFile.bytes(of: file, limit: maximumFileBytes) } catch {
            throw TrustRootsError(description: "\(file): \(error)")
        }
        return try NIOSSLCertificate.fromPEMBytes(bytes)
    }

    private static func isForeign(_ path: String) -> Bool {
        let bundles = ["ca-certificates.crt", "ca-bundle.crt", "ca-bundle.trust.crt", "tls-ca-bundle.pem"]
        var information = stat()
        guard lstat(path, &information) == 0, information.st_mode & S_IFMT == S_IFREG else { return false }
        return !bundles.contains { path.hasSuffix("/\($0)") }
    }

    private static func entries(of directory: String) -> [String] {
        guard let handle = opendir(directory) else { return [] }
        defer { closedir(handle) }
        var paths: [String] = []
        while let entry = readdir(handle) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { paths.append("\(directory)/\(name)") }
        }
        return paths.sorted()
    }
}

private struct TrustRootsError: Error, CustomStringConvertible {
    var description: String
}
