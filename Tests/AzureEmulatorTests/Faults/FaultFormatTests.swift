import Testing

@testable import AzureEmulator

@Suite("The text of a fault")
struct FaultFormatTests {
    private static func fault(_ words: String) throws -> Fault {
        try Fault(words: words.split(separator: " ").map(String.init))
    }

    @Test(
        "The text of a fault is parsed as the same fault",
        arguments: [
            ("latency target=vault:kv-* delay=20ms", "latency target=vault:kv-* delay=20ms"),
            ("latency", "latency target=any delay=100ms"),
            (
                "status status=429 retryAfter=2s notation=date count=3 target=vault",
                "status target=vault:* count=3 status=429 retryAfter=2s notation=date"
            ),
            (
                "html target=entra probability=0.5 seed=7 at=10s for=1.5s",
                "html target=entra probability=0.5 seed=7 at=10s for=1500ms"
            ),
            ("propagation target=entra", "propagation target=entra pattern=x.x"),
            ("clock-skew target=vault skew=-10m", "clock-skew target=vault:* skew=-600s"),
            ("hang target=proxy:*.vault.azure.net", "hang target=proxy:*.vault.azure.net"),
            ("drip size=3 path=/secrets/* method=GET", "drip target=any path=/secrets/* method=GET delay=100ms size=3"),
            ("hang for=5s every=1m clock=real", "hang target=any for=5s every=60s clock=real"),
        ])
    func words(words: String, written: String) throws {
        #expect(try Self.fault(words).description == written)
        #expect(try Self.fault(written).description == written)
    }

    @Test("The keys and values of a fault set the same fault", arguments: Fault.Kind.allCases)
    func fields(kind: Fault.Kind) throws {
        let words = [kind.rawValue] + (kind == .status ? ["status=503"] : [])
        let fault = try Fault(words: words)
        #expect(fault.fields["kind"] == kind.rawValue)
        #expect(try Fault(fields: fault.fields).description == fault.description)
    }

    @Test(
        "A mistake is refused with the allowed values",
        arguments: [
            ("latancy", "unknown kind of fault latancy; did you mean latency?"),
            ("latency dely=20ms", "unknown key of the fault latency: dely; did you mean delay?"),
            ("html retryAfter=2s", "unknown key of the fault html: retryAfter; the known names are"),
            ("latency delay=20", "delay of the fault latency is 20, not a duration such as 20ms"),
            ("latency delay=-1s", "delay of the fault latency is -1s, not a duration such as 20ms"),
            ("latency target=valut", "target of the fault latency is valut, not one of any, entra"),
            ("status", "the fault status needs a status"), ("status status=99", "not an HTTP status"),
            ("certificate-expired target=imds", "imds cannot misbehave with certificate-expired"),
            ("html target=proxy", "proxy:* cannot misbehave with html"),
            ("wrong-object target=entra", "entra cannot misbehave with wrong-object"),
            ("propagation target=vault", "vault:* cannot misbehave with propagation"),
            ("html pattern=xy", "not a row of x and ."), ("html pattern=", "not a row of x and ."),
            ("html count=0", "not a number from 1"), ("html probability=2", "not a number from 0 to 1"),
            ("html method=HEAD", "not GET, POST, PUT, PATCH, DELETE"), ("html seed=-1", "seed of the fault html is -1"),
            ("html clock=mine", "not emulator or real"), ("html every=0s for=0s", "every of the fault html is 0s"),
            ("html every=10s", "the fault html: for must be shorter than every"),
            ("html every=10s for=10s", "the fault html: for must be shorter than every"),
            ("redirect host=https://a/b", "not a host's name"), ("html count=1 count=2", "count is given twice"),
            ("html hang", "kind is given twice"), ("target=vault", "a fault needs a kind"),
        ])
    func mistakes(words: String, message: String) throws {
        let error = try #require(throws: EmulatorError.self) { try Self.fault(words) }
        #expect(error.description.contains(message))
    }

    @Test("One fault or a list of faults is read from YAML and JSON")
    func lists() throws {
        let one = "html target=any"
        for text in ["kind: html", #"{"kind":"html"}"#] {
            #expect(try Fault.list(yaml: text).map(\.description) == [one])
        }
        #expect(try Fault.list(yaml: "[{kind: html}, {kind: hang, count: 3}]").count == 2)
        let error = try #require(throws: EmulatorError.self) {
            try Fault.list(yaml: "[{kind: html}, {kind: hagn}]")
        }
        #expect(error.description == "the fault is not usable: unknown kind of fault hagn; did you mean hang?")
    }
}
