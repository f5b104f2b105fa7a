internal import ArgumentParser
internal import Diagnostics
internal import Documents

/// The options for checking manifests from any source.
struct CheckOptions: ParsableArguments {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case text, json, sarif
    }

    enum Threshold: String, ExpressibleByArgument, CaseIterable {
        case error, warning, note

        var severity: Finding.Severity { Finding.Severity(rawValue: rawValue) ?? .warning }
    }

    @Option(name: .shortAndLong, help: "The format of the findings.")
    var output = Format.text

    @Option(help: "The lowest severity with which the exit code is 1.")
    var failOn = Threshold.warning

    @Flag(help: "The provider runs with --service-account-annotations; its own manifest among the files says the same.")
    var serviceAccountAnnotations = false

    @Flag(help: "Also show the requests of a mount, the identity that makes them, and the az commands that it needs.")
    var plan = false

    /// Checks `files` and writes the findings. Throws exit code 1 if one of them has the severity of `failOn`, and 2
    /// with `hasMistake`.
    func report(
        on files: [ManifestFile], failures: [Finding] = [], hasMistake: Bool = false, unit: String = "file"
    ) throws {
        let check = ManifestCheck(files, readsAnnotations: serviceAccountAnnotations)
        var report = FindingReport(
            findings: failures + check.findings(), files: files.count, classes: check.classes.count)
        report.unit = unit
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
        if hasMistake { throw ExitCode(2) }
        if let worst = report.worst, worst >= failOn.severity { throw ExitCode(1) }
    }
}
