import Azure
import Testing

@testable import Diagnostics

@Suite("The doctor's verdict")
struct DoctorVerdictTests {
    private static func report(_ failed: [(id: String, title: String)]) throws -> DoctorReport {
        let check = ManifestCheck([
            ManifestFile(
                path: "c.yaml", text: "kind: SecretProviderClass\nmetadata: {name: c}\nspec: {provider: azure}\n")
        ])
        let subject = Doctor.Subject(
            parsedClass: try #require(check.classes.first), namespace: "team", serviceAccount: "web")
        return DoctorReport(
            subject,
            failed.map { DoctorStep($0.id, $0.title, .failed, "detail of \($0.title)", fix: "fix \($0.title)") })
    }

    @Test(
        "the verdict is the failed step with the lowest rank, in any order of the steps",
        arguments: [
            (["token-time", "clock"], "clock"), (["manifests", "clock"], "clock"),
            (["entra-connection", "manifests"], "manifests"), (["token-given", "vault-name"], "vault-name"),
            (["entra-tenant", "vault-challenge"], "vault-challenge"),
            (["exchange", "vault-challenge"], "vault-challenge"),
            (["exchange", "issuer-discovery", "token-audience"], "token-audience"), (["volume", "object"], "object"),
            (["exchange", "token-subject"], "token-subject"), (["entra-name", "entra-tenant"], "entra-name"),
        ])
    func ranks(ids: [String], cause: String) throws {
        for order in [ids, ids.reversed()] {
            #expect(try Self.report(order.map { ($0, $0) }).cause?.id == cause)
        }
    }

    @Test("all failing objects are named, with the fix of each")
    func objects() throws {
        let report = try Self.report([("object", "secret a"), ("object", "secret b"), ("volume", "v")])
        #expect(report.verdict == "secret a: detail of secret a; these fail too: secret b")
        #expect(report.fix == "fix secret a; fix secret b")
    }

    @Test(
        "this machine's clock is reported as wrong only if all other clocks disagree with it",
        arguments: [
            ([1000, 1010], nil, 0), ([1000], nil, 0), ([-5000], nil, 5000), ([5000, 5100], nil, -5000),
            // The clock of one service is wrong.
            ([-5000, 0], nil, 0), ([5000, -5000], nil, 0),
            // A token proves only a lower bound of the time: it was issued before now.
            ([], 5000, -5000), ([], -5000, 0), ([], 200, 0), ([0], 5000, 0),
        ] as [([Int], Int?, Int)])
    func clock(dates: [Int], issued: Int?, skew: Int) {
        let now = 1_800_000_000
        let within = dates.map { abs($0) <= 1010 ? $0 / 10 : $0 }
        let step = ClockStep(
            now: now, dates: within.map { ("a service", now + $0) }, issued: issued.map { now + $0 })
        #expect(step.skew == skew)
        #expect((step.step()?.status == .failed) == (skew != 0))
    }

    @Test("a service whose clock differs from all others causes a warning")
    func foreignClock() {
        let step = ClockStep(now: 10_000, dates: [("Entra", 0), ("kv", 10_001)], issued: nil).step()
        #expect(step?.status == .warning)
        #expect(step?.detail.hasPrefix("Entra's clock differs by 10000 s") == true)
    }

    @Test("the verdict names the resolver of a host, and an address is not resolved")
    func names() throws {
        let proxy = try ProxySettings(environment: ["HTTPS_PROXY": "http://127.0.0.1:3128"]).proxy
        let named = try ProxySettings(environment: ["HTTPS_PROXY": "http://proxy.corp:3128"]).proxy
        #expect(
            NetworkSteps.detail(host: "kv.vault.azure.net", proxy: proxy, ["127.0.0.1"])
                == "the proxy 127.0.0.1 resolves kv.vault.azure.net")
        #expect(
            NetworkSteps.detail(host: "kv.vault.azure.net", proxy: named, ["10.0.0.1", "10.0.0.2"])
                == "the proxy proxy.corp (10.0.0.1, 10.0.0.2) resolves kv.vault.azure.net")
        #expect(NetworkSteps.detail(host: "10.0.0.1", proxy: nil, ["10.0.0.1"]) == "10.0.0.1 is an address")
        #expect(
            NetworkSteps.detail(host: "kv.vault.azure.net", proxy: nil, ["10.0.0.1"])
                == "kv.vault.azure.net is 10.0.0.1 (a private endpoint)")
    }
}
