import AzureEmulator
import Foundation

/// The directory through which a running emulator and its clients find each other.
struct EmulatorDirectory {
    let path: String

    /// Absolute, so that it works from wherever a client is started.
    init(path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// Before anything is served, so that a place that cannot be written shows at the start.
    func create() throws {
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard access(path, W_OK | X_OK) == 0 else {
            throw Complaint("the directory \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    func write(_ endpoints: Emulator.Endpoints) throws {
        try Data(endpoints.authorityPEM.utf8).write(to: file("ca.pem"))
        try Data(environment(endpoints).utf8).write(to: file("env"))
        try JSONSerialization.data(
            withJSONObject: cloud(endpoints), options: [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        ).write(to: file("environment.json"))
        // Last, and in one step: whoever waits for this file finds everything else complete.
        try JSONEncoder().encode(endpoints).write(to: file("endpoints.json"), options: .atomic)
    }

    func endpoints() throws -> Emulator.Endpoints {
        do {
            return try JSONDecoder().decode(Emulator.Endpoints.self, from: try Data(contentsOf: file("endpoints.json")))
        } catch {
            throw EmulatorNotRunning(path: path)
        }
    }

    private func file(_ name: String) -> URL { URL(fileURLWithPath: path).appendingPathComponent(name) }

    /// Writes a service-account token where only its owner can read it, and tells where.
    func writeToken(_ token: String, of identity: String) throws -> String {
        let place = file("token-\(identity.filter { $0.isLetter || $0.isNumber || $0 == "-" })")
        try Data(token.utf8).write(to: place, options: .atomic)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: place.path)
        return place.path
    }

    /// Leads the provider, the Azure SDKs and curl to the emulator under Azure's own host names.
    func environment(_ endpoints: Emulator.Endpoints) -> String {
        let authority = shellQuoted(file("ca.pem").path)
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

    /// For `cloudName: AzureStackCloud`, without a proxy; needs the names resolved to 127.0.0.1.
    private func cloud(_ endpoints: Emulator.Endpoints) -> [String: Any] {
        [
            "name": "AzureStackCloud",
            "activeDirectoryEndpoint": "https://login.localhost:\(endpoints.httpsPort)/",
            "keyVaultEndpoint": "https://vault.localhost:\(endpoints.httpsPort)/",
            "keyVaultDNSSuffix": "vault.localhost:\(endpoints.httpsPort)",
        ]
    }
}

/// A word that a POSIX shell reads back as it is.
func shellQuoted(_ text: String) -> String { "'\(text.replacingOccurrences(of: "'", with: "'\\''"))'" }

struct EmulatorNotRunning: Error, CustomStringConvertible {
    var path: String
    var description: String { "no emulator writes to \(path); start one, or name its --directory" }
}
