internal import Documents
internal import SecretMemory

@testable internal import Azure
@testable internal import ProviderCore

/// Settings of the operator, and small formats: durations, timestamps, Retry-After.
let settingsTargets = [
    FuzzTarget("proxy", 1024) { bytes in
        var input = Input(bytes)
        let (url, exceptions, host) = (input.line(), input.line(), input.line())
        let settings: ProxySettings
        do throws(ProxySettingsError) {
            settings = try ProxySettings(environment: ["HTTPS_PROXY": url, "NO_PROXY": exceptions])
        } catch {
            return
        }
        guard let proxy = settings.proxy else { return }
        require((1...65_535).contains(proxy.port), "port \(proxy.port)")
        require(
            !proxy.host.isEmpty && !proxy.host.contains { "/@ ".contains($0) }, "host \(proxy.host.debugDescription)")
        for local in ["localhost", "127.0.0.1", "::1"] {
            require(settings.proxy(forHost: local, port: 443) == nil, "\(local) is reached through the proxy")
        }
        let chosen = settings.proxy(forHost: host, port: 443)
        require(chosen == nil || chosen == proxy, "a different proxy than the configured one")
        let names = exceptions.split { $0 == "," || $0 == " " }
        if names.contains("*") { require(chosen == nil, "a proxy is used although NO_PROXY contains *") }
        if names.isEmpty, !host.isEmpty, IPAddress(host)?.isLoopback != true, host.lowercased() != "localhost" {
            require(chosen == proxy, "no proxy is used although NO_PROXY is empty")
        }
    },
    FuzzTarget("proxy-credentials", 256) { bytes in
        // The port or scheme may be invalid. No error may show the credentials before the @.
        var input = Input(bytes)
        let (scheme, rest) = (input.line(), input.line())
        do throws(ProxySettingsError) {
            let text = "\(scheme.filter { $0.isLetter })://user:\(marker)@\(rest)"
            let proxy = try ProxySettings(environment: ["HTTPS_PROXY": text]).proxy
            require(
                rest.contains("@") || rest.contains("/") || proxy?.credentials == "user:\(marker)",
                "credentials are lost")
        } catch {
            requireDiscreet(error)
        }
    },
    FuzzTarget("token-proxy", 512) { bytes in
        var input = Input(bytes)
        var settings = TokenProxy.Settings()
        settings.url = input.line()
        _ = settings.urlProblem
        settings.takePort(from: ["KUBERNETES_SERVICE_PORT": input.line()])
        require((1...65_535).contains(settings.apiServerPort), "port \(settings.apiServerPort)")
        guard let id = try? TokenProxy.clusterID(in: [input.line(), input.line()]) else { return }
        require(!id.isEmpty, "an empty cluster id")
        require(TokenProxy.serverName(ofCluster: id).utf8.count == 62, "the server name is not 62 bytes long")
    },
    FuzzTarget("retry-after", 256) { bytes in
        var input = Input(bytes)
        let name = ["Retry-After", "retry-after-ms", "x-ms-retry-after-ms"][input.choice(of: 3)]
        let text = input.text
        let response = HTTPResponse(status: 429, headers: [(name, text)], body: SecretBytes(""))
        if let delay = RetryHint.delay(in: response, now: 784_111_700) {
            require(delay > .zero && delay <= .seconds(86_400), "a delay of \(delay)")
        }
        guard let seconds = HTTPDate.seconds(text) else { return }
        require((0...253_402_387_200).contains(seconds), "\(text.debugDescription) is \(seconds)")
        let written = Timestamp.text(seconds)
        require(Timestamp.isValid(written), "\(text.debugDescription) is \(written)")
    },
    FuzzTarget("duration", 128) { bytes in
        if let duration = GoDuration.parse(Input(bytes).text) { checkDuration(duration) }
    },
    FuzzTarget("timestamp", 64) { bytes in
        _ = Timestamp.isValid(Input(bytes).text)
        guard bytes.count >= 8 else { return }
        let seconds = bytes.loadUnaligned(as: Int.self)
        let written = Timestamp.text(seconds)
        let inRange = (-62_167_219_200..<253_402_300_800).contains(seconds)
        if seconds > -30_000_000_000, inRange {
            require(Timestamp.isValid(written), "\(seconds) is written as \(written)")
        }
    },
    FuzzTarget("cloud", 2048) { bytes in
        func cloud(_ contents: [UInt8]) throws(ProviderError) -> AzureCloud {
            let file = AzureCloud.EnvironmentFile(path: "/cloud.json", contents: .success(contents))
            return try AzureCloud.named("AzureStackCloud", environmentFile: file)
        }
        // A class can name any file, so an error must not show the contents.
        do throws(ProviderError) {
            _ = try cloud(Array(bytes) + Array(marker.utf8))
        } catch {
            requireDiscreet(error)
        }
        guard let cloud = try? cloud(Array(bytes)) else { return }
        let authority = cloud.authority.dropFirst("https://".count)
        require(cloud.authority.lowercased().hasPrefix("https://"), "authority \(cloud.authority.debugDescription)")
        require(
            !authority.utf8.contains { [0x3F, 0x23, 0x40, 0x5C].contains($0) || $0 <= 0x20 || $0 >= 0x7F },
            "authority \(cloud.authority.debugDescription)")
        require(
            !cloud.vaultSuffix.utf8.contains {
                [0x2F, 0x3F, 0x23, 0x40, 0x5C].contains($0) || $0 <= 0x20 || $0 >= 0x7F
            },
            "suffix \(cloud.vaultSuffix.debugDescription)")
        require(!cloud.vaultSuffix.hasPrefix(".") && !cloud.vaultSuffix.contains(".."), "suffix \(cloud.vaultSuffix)")
    },
]

func checkDuration(_ duration: Duration) {
    require(duration >= .zero && duration <= .seconds(1_000_000_001), "a duration of \(duration)")
}
