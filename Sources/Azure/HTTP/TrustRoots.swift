internal import Documents
internal import Glibc
internal import NIOSSL

/// Which certificate authorities are trusted, by the conventions of `SSL_CERT_FILE` and
/// `SSL_CERT_DIR`; without them the system's own, with what an administrator added to them.
package struct TrustRoots: Sendable, Equatable {
    /// A distribution's bundle of all authorities has a quarter of a megabyte.
    private static let maximumFileBytes = 16 << 20

    private var files: [String]
    private var directories: [String]
    private var systemDirectories: [String]

    /// The `systemDirectories` are those in which Go's programs, upstream among them, read every file:
    /// charts mount a proxy's certificate there (`/etc/ssl/certs/proxy-cert.crt`).
    package init(
        environment: [String: String] = [:],
        systemDirectories: [String] = ["/etc/ssl/certs", "/etc/pki/tls/certs"]
    ) {
        self.systemDirectories = systemDirectories
        files = [environment["SSL_CERT_FILE"] ?? ""].filter { !$0.isEmpty }
        directories = (environment["SSL_CERT_DIR"] ?? "").split(separator: ":").map(String.init)
    }

    private var isSystem: Bool { files.isEmpty && directories.isEmpty }

    /// How the files looked when they were last looked at.
    struct Fingerprint: Equatable {
        fileprivate var places: [Int]
        fileprivate var entries: [Int]
        fileprivate var readAt: ContinuousClock.Instant

        static func == (one: Fingerprint, other: Fingerprint) -> Bool {
            one.places == other.places && one.entries == other.entries
        }
    }

    /// How long a file may have been written to in a directory before that is seen.
    private static let directoryInterval = Duration.seconds(1)

    /// Changes when one of the named files does, when a file comes to a directory or goes, and, a moment
    /// later, when one in a named directory is written to. There may be hundreds of those, and this is
    /// asked for each request.
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

    /// The roots as the TLS library wants them. A file in a directory that holds no certificate is
    /// ignored, as OpenSSL does; a named file must be readable.
    func load() throws -> NIOSSLTrustRoots {
        guard !isSystem else { return .default }
        var certificates: [NIOSSLCertificate] = []
        for file in files { certificates += try Self.certificates(in: file) }
        for entry in directories.flatMap(Self.entries) {
            certificates += (try? Self.certificates(in: entry)) ?? []
        }
        return .certificates(certificates)
    }

    /// What lies in the system's directories in addition to the distribution's own, whose files are links there
    /// but for one bundle of them all.
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
