internal import ArgumentParser
internal import Diagnostics

struct Check: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Find mistakes in manifests, without a cluster and without Azure.",
        discussion: """
            Reads SecretProviderClasses, the pods and workloads that mount them, ServiceAccounts and the CSIDriver, \
            and checks them together by the provider's own rules. Name all files that belong together.

            Exit code: 0 without a finding of --fail-on's severity, 1 with one, 2 for a mistake in the command, such \
            as a file that does not exist.
            """)

    @Argument(
        help: "Files, directories with *.yaml, *.yml and *.json below them, or - for standard input.",
        completion: .file())
    var files: [String]

    @OptionGroup var view: CheckOptions

    func run() async throws {
        let read = ManifestFiles(files)
        try view.report(on: read.files, failures: read.failures.map(\.finding), hasMistake: read.hasMistake)
    }
}
