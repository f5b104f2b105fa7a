internal import Azure
internal import Diagnostics
internal import Documents
internal import DriverSimulator
internal import FoundationEssentials
internal import Kubernetes
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory

/// Mounts the volumes of a pod, repeatedly if requested, and remembers their contents.
struct MountSession {
    /// The source of the service account's token.
    enum TokenOrigin {
        case none
        case file(String)
        case server(TokenRequestClient)
    }

    let driver: SimulatedDriver
    let selection: VolumeSelection
    let pod: SimulatedDriver.Pod
    let audience: String
    let origin: TokenOrigin
    let secrets: SecretBytes
    let target: String

    private var token: SimulatedDriver.Token?
    private var tokenExpiry = 0
    private var last: [String: SimulatedDriver.Outcome] = [:]

    init(
        driver: SimulatedDriver, selection: VolumeSelection, pod: SimulatedDriver.Pod, audience: String,
        origin: TokenOrigin, secrets: SecretBytes, target: String
    ) {
        self.driver = driver
        self.selection = selection
        self.pod = pod
        self.audience = audience
        self.origin = origin
        self.secrets = secrets
        self.target = target
    }

    /// The state of one volume after a mount.
    struct Result {
        var volume: VolumeSelection.Volume
        var target: String
        var outcome: SimulatedDriver.Outcome
        var duration: Duration
        /// The differences to the last mount of this session.
        var changes: [String]
    }

    /// Returns the directory of the volume, which is `target` itself if there is only one volume.
    func target(of volume: VolumeSelection.Volume) -> String {
        selection.volumes.count == 1 ? target : "\(target)/\(volume.name)"
    }

    /// Mounts one volume. Throws if the provider reports an error or the files cannot be written.
    mutating func mount(_ volume: VolumeSelection.Volume) async throws -> Result {
        let tokens = try await currentTokens()
        let start = ContinuousClock.now
        let directory = target(of: volume)
        if selection.volumes.count > 1 {
            do {
                try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            } catch {
                throw CommandError("cannot make the directory \(target)")
            }
        }
        let outcome = try await driver.mount(
            volume.manifest, for: pod, tokens: tokens, secrets: secrets, target: directory)
        let changes = last[volume.name].map { Self.changes(from: $0, to: outcome) } ?? []
        last[volume.name] = outcome
        return Result(
            volume: volume, target: directory, outcome: outcome, duration: ContinuousClock.now - start, changes: changes
        )
    }

    private mutating func currentTokens() async throws -> [SimulatedDriver.Token] {
        switch origin {
        case .none: return []
        case .file(let path):
            // The file is read for each mount, because a projected token is renewed in the same file.
            let secret = try FileBytes.token(path)
            guard !secret.isEmpty else { throw CommandError("the token file \(path) is empty") }
            guard let claims = TokenClaims(parsing: secret) else {
                throw CommandError(
                    "the token file \(path) holds no service account token, which is a JWT: three parts in base64 with dots between them"
                )
            }
            let expiry = claims.expiry ?? 0
            return [SimulatedDriver.Token(audience: audience, secret: secret, expiry: Timestamp.text(expiry))]
        case .server(let client):
            // The token is kept like the kubelet keeps it, because each new token causes another exchange.
            if let token, tokenExpiry > TimeSource.system.wallClock() + 300 { return [token] }
            let fresh = try await client.token(
                namespace: pod.namespace, serviceAccount: pod.serviceAccount, audience: audience)
            let token = SimulatedDriver.Token(audience: audience, secret: fresh.secret, expiry: fresh.expiry)
            tokenExpiry = TokenClaims(parsing: fresh.secret)?.expiry ?? 0
            self.token = token
            return [token]
        }
    }

    private static func changes(from old: SimulatedDriver.Outcome, to new: SimulatedDriver.Outcome) -> [String] {
        let before = Dictionary(old.files.map { (ByteKey($0.path), $0) }, uniquingKeysWith: { $1 })
        let after = Dictionary(new.files.map { (ByteKey($0.path), $0) }, uniquingKeysWith: { $1 })
        var lines: [String] = []
        let keys = Set(before.keys).union(after.keys)
        for key in keys.sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) }) {
            let path = String(decoding: key.bytes, as: UTF8.self)
            switch (before[key], after[key]) {
            case (nil, _): lines.append("new file \(path)")
            case (_, nil): lines.append("file \(path) is gone")
            case (let a?, let b?):
                let isSame = a.contents.withExposed { left in
                    b.contents.withExposed { right in left.elementsEqual(right) }
                }
                if !isSame { lines.append("file \(path) has new contents, \(b.contents.count) bytes") }
            }
        }
        let versions = Dictionary(old.versions.map { ($0.id, $0.version) }, uniquingKeysWith: { $1 })
        for version in new.versions {
            guard let former = versions[version.id], former != version.version else { continue }
            lines.append("\(version.id): version \(former) -> \(version.version)")
        }
        return lines
    }
}
