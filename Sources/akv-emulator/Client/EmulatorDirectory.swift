import AzureEmulator
import Foundation

/// The directory in which a running emulator writes the files that its clients need.
struct EmulatorDirectory {
    /// The variable that names the directory for the commands that talk to the emulator.
    static let variable = "AKV_EMULATOR_DIRECTORY"

    /// The absolute path, so that the paths of the files are valid in any working directory.
    let path: String

    init(path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    /// Creates the directory and removes the address of an emulator that ran before. `serve` calls this before it
    /// serves, so that a directory that cannot be written is an error at the start.
    func create() throws {
        try? FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        guard access(path, W_OK | X_OK) == 0 else {
            throw CommandError(
                "the directory \(path) cannot be written: \(String(cString: strerror(errno)))", isMistake: true)
        }
        for name in ["endpoints.json", "ca-bundle.pem"] where access(file(name).path, F_OK) == 0 {
            try FileManager.default.removeItem(at: file(name))
        }
    }

    /// Writes all files. A client that finds `endpoints.json` finds the other files complete. `roots` are the
    /// authorities, in PEM, that clients trust in addition to the emulator's.
    func write(_ endpoints: Emulator.Endpoints, roots: String) throws {
        try Data(endpoints.authorityPEM.utf8).write(to: file("ca.pem"))
        if !roots.isEmpty {
            try Data((endpoints.authorityPEM + "\n" + roots).utf8).write(to: file("ca-bundle.pem"))
        }
        let session = ShellSession(exported: [:], syntax: .sh)
        try Data(session.lines(setting: environment(endpoints)).utf8).write(to: file("env"))
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

    /// The variables with which the provider, the Azure SDKs and curl reach the emulator under Azure's own host
    /// names. Clients trust the system's authorities too if the proxy connects to hosts outside Azure.
    func environment(_ endpoints: Emulator.Endpoints) -> ClientEnvironment {
        let authority = file("ca.pem").path
        let bundle = file("ca-bundle.pem").path
        let trusted = access(bundle, R_OK) == 0 ? bundle : authority
        var environment = ClientEnvironment()
        environment.setProxy("http://127.0.0.1:\(endpoints.proxyPort)")
        environment.set("SSL_CERT_FILE", trusted)
        environment.set("REQUESTS_CA_BUNDLE", trusted)
        environment.set("CURL_CA_BUNDLE", trusted)
        environment.set("NODE_EXTRA_CA_CERTS", authority)
        environment.set("AZURE_POD_IDENTITY_AUTHORITY_HOST", "http://127.0.0.1:\(endpoints.nodePort)")
        environment.set("AZURE_AUTHORITY_HOST", "https://login.microsoftonline.com")
        environment.set(Self.variable, path)
        return environment
    }

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
