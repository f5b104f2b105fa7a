import CSIProvider
import Documents
import Testing

@Suite("Flags as Go's flag package takes them")
struct CommandLineTests {
    private func parsed(_ arguments: [String]) throws -> FlagSet {
        var flags = FlagSet.serve
        try flags.parse(arguments)
        return flags
    }

    @Test(
        "flags take one dash or two, and a value after '=' or a space",
        arguments: [
            ["-endpoint=unix:///a"], ["--endpoint=unix:///a"], ["-endpoint", "unix:///a"], ["--endpoint", "unix:///a"],
            ["--endpoint=x", "--endpoint=unix:///a"],
        ])
    func values(arguments: [String]) throws {
        #expect(try parsed(arguments).text("endpoint") == "unix:///a")
    }

    @Test(
        "switches do not need a value",
        arguments: [
            (["-construct-pem-chain"], true), (["--construct-pem-chain=false"], false),
            (["-construct-pem-chain=F"], false),
            (["--construct-pem-chain=1"], true), ([], true),
        ])
    func switches(arguments: [String], isOn: Bool) throws {
        #expect(try parsed(arguments).bool("construct-pem-chain") == isOn)
    }

    @Test("flags have upstream's defaults")
    func defaults() throws {
        let flags = try parsed([])
        #expect(flags.text("endpoint") == "unix:///tmp/azure.sock")
        #expect(flags.integer("healthz-port") == 8989)
        #expect(flags.text("healthz-path") == "/healthz")
        #expect(flags.duration("healthz-timeout") == .seconds(5))
        #expect(flags.text("cloud-name") == "AzurePublicCloud")
        #expect(!flags.bool("write-cert-and-key-in-separate-files"))
        #expect(!flags.bool("enable-pprof"))
        #expect(flags.integer("pprof-port") == 6060)
    }

    @Test(
        "upstream's flags without effect are accepted and reported",
        arguments: [
            "--logtostderr", "--vmodule=x=1", "--log_dir=/tmp", "-stderrthreshold=2", "--skip_headers",
        ])
    func ignored(argument: String) throws {
        #expect(try parsed([argument]).ignored.count == 1)
    }

    @Test(
        "mistakes are refused in Go's words",
        arguments: [
            (["--nope"], "flag provided but not defined: -nope"), (["-endpoint"], "flag needs an argument: -endpoint"),
            (["-v", "x"], "invalid value \"x\" for flag -v: parse error"),
            (["--construct-pem-chain=maybe"], "invalid value \"maybe\""), (["---v=1"], "bad flag syntax: ---v=1"),
            (["extra"], "unexpected argument extra"),
            (
                ["--healthz-timeout=5"],
                "invalid value \"5\" for flag -healthz-timeout: parse error; write a number with a unit"
            ),
        ])
    func refused(arguments: [String], words: String) {
        #expect { try parsed(arguments) } throws: { "\($0)".contains(words) }
    }

    @Test(
        "Go's durations are read",
        arguments: [
            ("5s", Duration.seconds(5)), ("1m30s", .seconds(90)), ("250ms", .milliseconds(250)),
            ("1.5h", .seconds(5400)),
            ("0", .zero), ("100us", .microseconds(100)),
        ])
    func durations(text: String, duration: Duration) {
        #expect(GoDuration.parse(text) == duration)
        #expect(GoDuration.parse(GoDuration.text(duration)) == duration)
    }

    @Test(
        "durations are written in the largest unit of which they are a whole number",
        arguments: [
            (Duration.seconds(90), "90s"), (.milliseconds(250), "250ms"), (.microseconds(1500), "1500µs"),
            (.nanoseconds(1), "1ns"), (.zero, "0s"),
        ])
    func durationText(duration: Duration, text: String) {
        #expect(GoDuration.text(duration) == text)
    }
}
