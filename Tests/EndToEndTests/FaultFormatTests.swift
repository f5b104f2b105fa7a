import AzureEmulator
import Testing

@Suite("A fault's text")
struct FaultFormatTests {
    @Test(
        "is read from the command line's words and written back as the same fault",
        arguments: [
            ["latency target=vault:kv-* delay=20ms", "latency target=vault:kv-* delay=20ms"],
            ["latency", "latency target=any delay=100ms"],
            [
                "status status=429 retryAfter=2s notation=date count=3 target=vault",
                "status target=vault:* count=3 status=429 retryAfter=2s notation=date",
            ],
            [
                "html target=entra probability=0.5 seed=7 at=10s for=1.5s",
                "html target=entra probability=0.5 seed=7 at=10s for=1500ms",
            ],
            ["propagation target=entra", "propagation target=entra pattern=x.x"],
            ["clock-skew target=vault skew=-10m", "clock-skew target=vault:* skew=-600s"],
            ["hang target=proxy:*.vault.azure.net", "hang target=proxy:*.vault.azure.net"],
        ])
    func words(pair: [String]) throws {
        let fault = try Fault(words: pair[0].split(separator: " ").map(String.init))
        #expect(fault.description == pair[1])
        #expect(try Fault(words: pair[1].split(separator: " ").map(String.init)).description == pair[1])
    }

    @Test(
        "that cannot be is refused and says what may have been meant",
        arguments: [
            ["latancy", "unknown kind of fault latancy; did you mean latency?"],
            ["latency dely=20ms", "unknown key of the fault latency: dely; did you mean delay?"],
            ["html retryAfter=2s", "unknown key of the fault html: retryAfter; there are"],
            ["latency delay=20", "delay of the fault latency is 20, not a duration such as 20ms"],
            ["latency target=valut", "target of the fault latency is valut, not one of any, entra"],
            ["status", "the fault status needs a status"],
            ["certificate-expired target=imds", "imds cannot misbehave with certificate-expired"],
            ["html target=proxy", "proxy:* cannot misbehave with html"],
            ["html pattern=xy", "not a row of x and ."],
            ["html count=0", "not a number from 1"],
            ["html probability=2", "not a number from 0 to 1"],
            ["redirect host=https://a/b", "not a host's name"],
            ["html count=1 count=2", "count is given twice"],
            ["target=vault", "a fault needs a kind"],
        ])
    func mistakes(pair: [String]) {
        #expect {
            _ = try Fault(words: pair[0].split(separator: " ").map(String.init))
        } throws: { error in
            "\(error)".contains(pair[1])
        }
    }

    @Test(
        "and every other key of a seed is checked, with the place of a mistake",
        arguments: [
            ["vault: []", "unknown key vault; did you mean vaults? (at the top)"],
            [
                "vaults: [{name: a, tenantID: t, secrets: [{name: x, valeu: y}]}]",
                "unknown key valeu; did you mean value? (at vaults[0].secrets[0])",
            ],
        ])
    func seedKeys(pair: [String]) {
        #expect {
            _ = try Seed(yaml: pair[0])
        } throws: { error in
            "\(error)".contains(pair[1])
        }
    }

    @Test("stands in a seed as a list, where a mistake is found before anything starts")
    func seed() throws {
        let seed = try Seed(yaml: "faults:\n  - {kind: latency, delay: 20ms, count: 3}\n  - kind: html\n")
        #expect(seed.faults?.map(\.description) == ["latency target=any count=3 delay=20ms", "html target=any"])
        #expect {
            _ = try Seed(yaml: "faults:\n  - {kind: latency, delays: 20ms}\n")
        } throws: { error in
            "\(error)".contains("did you mean delay?")
        }
    }
}
