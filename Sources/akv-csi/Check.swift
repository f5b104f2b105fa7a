internal import ArgumentParser
internal import Diagnostics
internal import Documents

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find mistakes in manifests, without a cluster and without Azure.",
        discussion: """
            Reads SecretProviderClasses, the pods and workloads that mount them, ServiceAccounts and the CSIDriver, \
            and checks them together by the server's own rules. Name all files that belong together.

            Exit code: 0 without a finding of --fail-on's severity, 1 with one, 2 for a mistake in the command, such \
            as a file that does not exist.
            """)

    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, sarif
    }

    enum Threshold: String, ExpressibleByArgument, CaseIterable {
        case error, warning, note

        var severity: Finding.Severity { Finding.Severity(rawValue: rawValue) ?? .warning }
    }

    @Argument(
        help: "Files, directories with *.yaml, *.yml and *.json below them, or - for standard input.",
        completion: .file())
    var files: [String]

    @Option(name: .shortAndLong, help: "How to write the findings.")
    var output = Format.text

    @Option(help: "The lowest severity with which the exit code is 1.")
    var failOn = Threshold.warning

    @Flag(help: "The provider runs with --service-account-annotations; its own manifest among the files says the same.")
    var serviceAccountAnnotations = false

    @Flag(help: "Also show the requests of a mount, the identity that makes them, and the az commands that it needs.")
    var plan = false

    func run() async throws {
        let read = ManifestFiles(files)
        let check = ManifestCheck(read.files, readsAnnotations: serviceAccountAnnotations)
        let report = FindingReport(
            findings: read.failures.map(\.finding) + check.findings(), files: read.files.count,
            classes: check.classes.count)
        let forecasts = plan ? check.forecasts : []
        let style = TextStyle.terminal
        switch output {
        case .text:
            try StandardOutput.write(forecasts.map { $0.text(style) + "\n" }.joined() + report.text(style))
        case .json:
            guard case .object(var members) = report.json else { break }
            if plan { members.append(("plan", .array(forecasts.map(\.json)))) }
            try StandardOutput.write(JSONOutput.object(members).document)
        case .sarif:
            try StandardOutput.write(report.sarif(version: Build.version).document)
        }
        if read.hasMistake { throw ExitCode(2) }
        if let worst = report.worst, worst >= failOn.severity { throw ExitCode(1) }
    }
}
