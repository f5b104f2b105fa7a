import ArgumentParser

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Print a service-account token of the built-in cluster, like `kubectl create token`.")

    @OptionGroup var emulator: DirectoryOption

    @Option(name: .shortAndLong, help: "The service account's namespace.")
    var namespace = "default"

    @Option(help: "The token's audience.")
    var audience = "api://AzureADTokenExchange"

    @Option(help: "The token's lifetime in seconds.")
    var lifetime = 3600

    @Argument(help: "The service account.")
    var serviceAccount: String

    func run() async throws {
        print(
            try await emulator.controls.serviceAccountToken(
                serviceAccount, namespace: namespace, audience: audience, lifetime: lifetime))
    }
}
