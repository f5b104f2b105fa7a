import AzureEmulator
import Foundation

/// The directory in which a running emulator writes the files that its clients need.
struct EmulatorDirectory {
    /// Absolute, so that the files' paths are valid in any working directory.
    let path: String

    init(path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// Creates the directory. `serve` calls this before it serves, so that a directory that cannot be written
    /// is an error at the start.
    func create() throws {
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard access(path, W_OK | X_OK) == 0 else {
            throw CommandError("the directory \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    /// Writes all files. A client that finds `endpoints.json` finds the other files complete.
    func write(_ endpoints: Emulator.Endpoints) throws {
        try Data(endpoints.authorityPEM.utf8).write(to: file("ca.pem"))
        try Data(environment(endpoints).utf8).write(to: file("env"))
        try JSONSerialization.data(
            withJSONObject: cloud(endpoints), options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        ).write(to: file("environment.json"))
        try JSONEncoder().encode(endpoints).write(to: file("endpoints.json"), options: .atomic)
    }

    /// The addresses of the running emulator. Throws a `CommandError` if there is none.
    func endpoints() throws -> Emulator.Endpoints {
        do {
            return try JSONDecoder().decode(Emulator.Endpoints.self, from: try Data(contentsOf: file("endpoints.json")))
        } catch {
            throw CommandError.notRunning(directory: path)
        }
    }

    /// Writes a service-account token to a file that only its owner can read. Returns the file's path.
    func writeToken(_ token: String, of identity: String) throws -> String {
        let file = file("token-\(identity.filter { $0.isLetter || $0.isNumber || $0 == "-" })")
        try Data(token.utf8).write(to: file, options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        return file.path
    }

    /// The shell variables with which the provider, the Azure SDKs and curl reach the emulator under Azure's
    /// own host names.
    func environment(_ endpoints: Emulator.Endpoints) -> String {
        let authority = Self.shellQuoted(file("ca.pem").path)
        return """
            export HTTPS_PROXY=http://127.0.0.1:\(endpoints.proxyPort)
            export NO_PROXY=127.0.0.1,localhost
            export SSL_CERT_FILE=\(authority)
            export REQUESTS_CA_BUNDLE=\(authority)
            export CURL_CA_BUNDLE=\(authority)
            export NODE_EXTRA_CA_CERTS=\(authority)
            export AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:\(endpoints.nodePort)
            export AZURE_AUTHORITY_HOST=https://login.microsoftonline.com

            """
    }

    /// A word that a POSIX shell reads as `text`.
    static func shellQuoted(_ text: String) -> String { "'\(text.replacingOccurrences(of: "'", with: "'\\''"))'" }

    private func file(_ name: String) -> URL { URL(fileURLWithPath: path).appendingPathComponent(name) }

    /// The description of a private cloud, for `cloudName: AzureStackCloud`. With it clients connect without
    /// the proxy, and the names must resolve to 127.0.0.1.
    private func cloud(_ endpoints: Emulator.Endpoints) -> [String: Any] {
        [
            "name": "AzureStackCloud",
            "activeDirectoryEndpoint": "https://login.localhost:\(endpoints.httpsPort)/",
            "keyVaultEndpoint": "https://vault.localhost:\(endpoints.httpsPort)/",
            "keyVaultDNSSuffix": "vault.localhost:\(endpoints.httpsPort)",
        ]
    }
}
