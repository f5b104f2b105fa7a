import CSIProvider
import Testing

@Suite("Flags as Go's flag package takes them")
struct CommandLineTests {
    @Test(
        "come out in one form",
        arguments: [
            (["-endpoint=unix:///a"], ["--endpoint=unix:///a"]),
            (["--endpoint", "unix:///a"], ["--endpoint=unix:///a"]),
            (["-healthz-port", "8989"], ["--healthz-port=8989"]),
            (["-construct-pem-chain"], ["--construct-pem-chain=true"]),
            (["--construct-pem-chain=false"], ["--construct-pem-chain=false"]), (["-v", "5"], ["--v=5"]),
            (["-v=5"], ["--v=5"]), (["--unknown", "x"], ["--unknown", "x"]), (["-endpoint"], ["--endpoint"]),
            (["-cloud-name", "-odd"], ["--cloud-name=-odd"]),
        ])
    func normalized(given: [String], expected: [String]) {
        #expect(GoFlags.normalized(["serve"] + given) == ["serve"] + expected)
    }

    @Test("are left alone for other commands")
    func otherCommands() {
        #expect(GoFlags.normalized(["mount", "-f", "x"]) == ["mount", "-f", "x"])
    }
}
