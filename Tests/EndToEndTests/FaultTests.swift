import ProviderTransport
import Testing

@Suite("A mount with faults", .timeLimit(.minutes(20)))
struct FaultTests {
    private static let get = "vault:kv-tests get"
    private static let list = "vault:kv-tests list"
    private static let tls = "tls:kv-tests.vault.azure.net"
    private static let history = [EmulatedEnvironment.object("secret", "history", "objectVersionHistory: 2")]

    @Test(
        "a mount survives broken connections and busy services, with the necessary number of calls",
        arguments: [false, true])
    func transient(http2: Bool) async throws {
        var cases: [FaultCase] = []
        for kind in [
            "reset", "close", "reset-after-headers", "half-body", "html", "html status=503", "status status=500",
            "status status=503", "status status=504", "status status=408", "status status=429",
        ] {
            cases.append(.survives("\(kind) target=vault count=2", calls: [Self.get: 3, "entra": 1]))
        }
        for kind in ["reset", "close", "half-body", "html", "status status=503", "status status=429"] {
            cases.append(.survives("\(kind) target=entra count=2", calls: [Self.get: 1, "entra": 3]))
        }
        for kind in ["reset", "status status=503", "status status=404", "status status=410", "status status=429"] {
            cases.append(
                .survives("\(kind) target=imds count=2", mode: .managedIdentity, calls: [Self.get: 1, "imds": 3]))
        }
        cases += [
            .survives("status status=503 target=nmi count=2", mode: .podIdentity, calls: ["nmi": 3]),
            .survives("reset target=nmi count=2", mode: .podIdentity, calls: ["nmi": 3]),
            .survives("status status=503 target=token-proxy count=2", mode: .tokenProxy, calls: ["token-proxy": 3]),
            .survives("half-body target=token-proxy count=2", mode: .tokenProxy, calls: ["token-proxy": 3]),
            .survives("html target=vault path=*/versions count=2", objects: Self.history, calls: [Self.list: 3]),
            .survives(
                "reset target=entra count=1; reset target=vault count=1",
                calls: ["entra": 2, Self.get: 2]),
        ]
        for kind in ["status status=502", "status status=504", "reset", "close"] {
            cases.append(
                .survives(
                    "\(kind) target=proxy:kv-tests.vault.azure.net count=2",
                    calls: ["proxy:kv-tests.vault.azure.net": 3, Self.get: 1]))
        }
        try await FaultCase.run(cases, http2: http2)
    }

    @Test("unusual but valid responses are accepted")
    func unusual() async throws {
        try await FaultCase.run([
            .survives("wrong-content-type target=any", calls: [Self.get: 1, "entra": 1]),
            .survives("latency delay=50ms", calls: [Self.get: 1, "entra": 1]),
            .survives("drip target=vault size=50 delay=5ms", calls: [Self.get: 1]),
            .survives("token-rejected target=vault count=1", calls: [Self.get: 2, "entra": 2]),
        ])
    }

    @Test("a mount fails after a limited number of calls and names the hop", arguments: [false, true])
    func persistent(http2: Bool) async throws {
        let vault = "the vault kv-tests.vault.azure.net"
        var cases: [FaultCase] = []
        for kind in ["reset", "close", "reset-after-headers", "half-body"] {
            cases.append(
                .fails("\(kind) target=vault", .internal, ["\(vault) cannot be reached"], calls: [Self.get: 4]))
            cases.append(
                .fails("\(kind) target=entra", .internal, ["Entra ID cannot be reached"], calls: ["entra": 4]))
        }
        cases += [
            .fails("html target=vault", .internal, ["RESPONSE 502", "kv-tests"], calls: [Self.get: 4]),
            .fails("html target=entra", .internal, ["Entra ID answered 502"], calls: ["entra": 4]),
            .fails("status status=429 target=vault", .internal, ["RESPONSE 429", "[throttled]"], calls: [Self.get: 4]),
            .fails("status status=429 target=entra", .internal, ["Entra ID answered 429"], calls: ["entra": 4]),
            .fails(
                "reset target=imds", mode: .managedIdentity, .internal, ["the instance metadata service"],
                calls: ["imds": 7]),
            .fails(
                "reset target=nmi", mode: .podIdentity, .internal, ["aad-pod-identity's NMI"], calls: ["nmi": 4]),
            .fails(
                "reset target=token-proxy", mode: .tokenProxy, .internal, ["the cluster's token proxy"],
                calls: ["token-proxy": 4]),
            .fails(
                "status status=502 target=proxy:kv*", .internal, [vault, "the proxy", "hop: proxy"],
                calls: ["proxy:kv-tests.vault.azure.net": 4, Self.get: 0]),
            .fails(
                "status status=504 target=proxy:login*", .internal, ["Entra ID", "the proxy", "hop: proxy"],
                calls: ["proxy:login.microsoftonline.com": 4, "entra": 0]),
            .fails(
                "status status=407 target=proxy:kv*", .internal, ["the proxy asks for credentials", "hop: proxy"],
                calls: ["proxy:kv-tests.vault.azure.net": 1]),
            .fails(
                "reset target=proxy:kv*", .internal, [vault, "through the proxy"],
                calls: ["proxy:kv-tests.vault.azure.net": 4]),
            .fails(
                "close target=proxy:kv*", .internal, [vault, "through the proxy"],
                calls: ["proxy:kv-tests.vault.azure.net": 4]),
        ]
        try await FaultCase.run(cases, http2: http2)
    }

    @Test("a wrong certificate is not retried", arguments: [false, true])
    func certificates(http2: Bool) async throws {
        let entra = "tls:login.microsoftonline.com"
        var cases: [FaultCase] = []
        for (kind, reason) in [
            ("certificate-expired", "expired"), ("certificate-untrusted", "trusted authority"),
            ("certificate-wrong-name", "not for this host"), ("certificate-address-only", "not for this host"),
        ] {
            cases += [
                .fails(
                    "\(kind) target=vault:kv-tests", .internal,
                    ["the vault kv-tests.vault.azure.net cannot be reached", reason, "hop: TLS", "SSL_CERT_FILE"],
                    calls: [Self.tls: 1, Self.get: 0, entra: 1]),
                .fails(
                    "\(kind) target=entra", .internal, ["Entra ID cannot be reached", reason, "hop: TLS"],
                    calls: [entra: 1, "entra": 0, Self.tls: 0]),
                .fails(
                    "\(kind) target=token-proxy", mode: .tokenProxy, .internal,
                    ["the cluster's token proxy cannot be reached", reason, "hop: TLS"],
                    calls: ["token-proxy": 0]),
            ]
        }
        try await FaultCase.run(cases, http2: http2)
    }

    @Test("only valid responses are accepted, and requests go only to the right servers")
    func answers() async throws {
        let malformed = "[answer-malformed]"
        var cases: [FaultCase] = []
        for status in [301, 302, 307, 308] {
            cases += [
                .fails(
                    "redirect status=\(status) target=vault", .internal, ["RESPONSE \(status)", malformed],
                    calls: [Self.get: 1]),
                .fails(
                    "redirect status=\(status) target=vault host=another.vault.azure.net", .internal, [malformed],
                    calls: [Self.get: 1, "vault": 1, "proxy:another.vault.azure.net": 0]),
                .fails(
                    "redirect status=\(status) target=entra", .internal, ["Entra ID answered \(status)", malformed],
                    calls: ["entra": 1]),
                .fails(
                    "redirect status=\(status) target=imds", mode: .managedIdentity, .internal, [malformed],
                    calls: ["imds": 1]),
                .fails(
                    "redirect status=\(status) target=nmi", mode: .podIdentity, .internal, [malformed],
                    calls: ["nmi": 1]),
            ]
        }
        for kind in ["bad-json", "truncated-json", "html status=200"] {
            cases += [
                .fails("\(kind) target=vault", .internal, ["not JSON", malformed], calls: [Self.get: 1]),
                .fails("\(kind) target=entra", .internal, ["without an access token", malformed], calls: ["entra": 1]),
                .fails(
                    "\(kind) target=vault", objects: Self.history, .internal, ["not a JSON object", malformed],
                    calls: [Self.list: 1, Self.get: 0]),
                .fails(
                    "\(kind) target=imds", mode: .managedIdentity, .internal, [malformed], calls: ["imds": 1]),
                .fails("\(kind) target=nmi", mode: .podIdentity, .internal, [malformed], calls: ["nmi": 1]),
            ]
        }
        cases += [
            .fails(
                "wrong-vault target=vault", .internal,
                ["of the vault another-vault.vault.azure.net, not kv-tests.vault.azure.net", malformed],
                calls: [Self.get: 1]),
            .fails(
                "wrong-object target=vault", .internal, ["of secrets/another-object, not secrets/plain", malformed],
                calls: [Self.get: 1]),
            .fails(
                "wrong-type target=vault", .internal, ["of keys/plain, not secrets/plain", malformed],
                calls: [Self.get: 1]),
            .fails(
                "wrong-version target=vault path=/secrets/history/*3", objects: Self.history, .internal,
                ["of version 00000000000000000000000000000000, not 00000000000000000000000000000003"],
                calls: [Self.list: 1, Self.get: 2]),
            .fails("huge-body target=vault", .internal, ["larger than", malformed], calls: [Self.get: 1]),
            .fails("huge-body target=entra", .internal, ["larger than", malformed], calls: ["entra": 1]),
            .fails(
                "endless-list target=vault", objects: Self.history, .internal, ["the vault's list has too many pages"],
                calls: [Self.get: 0]),
            .fails(
                "foreign-list target=vault", objects: Self.history, .internal, ["continues at another host"],
                calls: [Self.list: 1]),
            .fails(
                "foreign-list host=another.vault.azure.net target=vault", objects: Self.history, .internal,
                ["continues at another host"], calls: [Self.list: 1, "proxy:another.vault.azure.net": 0]),
        ]
        try await FaultCase.run(cases)
    }

    @Test("a refused token or a wrong clock is reported after one request for another token")
    func tokens() async throws {
        try await FaultCase.run([
            .fails(
                "token-rejected target=vault", .unauthenticated, ["AKV10000", "kv-tests"],
                calls: [Self.get: 2, "entra": 2]),
            .fails(
                "foreign-challenge target=vault", .unauthenticated, ["AKV10000"], calls: [Self.get: 2, "entra": 2]),
            .fails(
                "clock-skew target=vault skew=2h", .unauthenticated, ["TokenExpired"],
                calls: [Self.get: 2, "entra": 2]),
            .fails(
                "clock-skew target=entra skew=2h", .unauthenticated, ["AADSTS700024", "clock"],
                calls: [Self.get: 0, "entra": 1]),
            .fails(
                "propagation target=entra", .unauthenticated, ["AADSTS70021", "federated credential"],
                calls: [Self.get: 0, "entra": 1]),
        ])
    }
}
