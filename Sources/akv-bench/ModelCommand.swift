import ArgumentParser
import Benchmark

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Calculate the requests of a cluster in steady state, per ten seconds, if all pods use one vault.",
        discussion: "A star marks values above Key Vault's limit of 4000 requests in 10 s.")

    @Option(help: "Pods with a volume per node.")
    var pods = 30

    @Option(help: "Different identities per node.")
    var identities = 6

    @Option(help: "Objects per pod.")
    var objects = 5

    @Option(help: "The refresh interval of the provider, in seconds.")
    var refreshInterval = 120.0

    @Flag(help: "Print the table as Markdown.")
    var markdown = false

    func validate() throws {
        guard pods > 0, objects > 0, (1...pods).contains(identities) else {
            throw ValidationError(
                "--pods and --objects must be at least 1, and --identities must be between 1 and the number of pods")
        }
        guard refreshInterval >= 0 else { throw ValidationError("--refresh-interval must not be negative") }
    }

    func run() {
        let table = ModelTable.table(
            of: ClusterModel(
                podsPerNode: pods, identitiesPerNode: identities, objectsPerPod: objects,
                refreshInterval: refreshInterval))
        print(markdown ? table.markdown : table.text, terminator: "")
    }
}
