import ArgumentParser
import Benchmark

struct ModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model",
        abstract: "Reckon the requests of a large cluster at rest, in ten seconds, all of them at one vault.",
        discussion: "A star marks what exceeds Key Vault's limit of 4000 requests in 10 s.")

    @Option(help: "Pods with a volume on each node.")
    var pods = 30

    @Option(help: "Different identities on each node.")
    var identities = 6

    @Option(help: "Objects of each pod.")
    var objects = 5

    @Option(help: "The provider's refresh interval in seconds.")
    var refreshInterval = 120.0

    @Flag(help: "As a table in Markdown.")
    var markdown = false

    func validate() throws {
        guard pods > 0, objects > 0, (1...pods).contains(identities) else {
            throw ValidationError("there must be pods and objects, and at most as many identities as pods")
        }
        guard refreshInterval >= 0 else { throw ValidationError("the refresh interval cannot be negative") }
    }

    func run() {
        let table = ModelTable.table(
            of: ClusterModel(
                podsPerNode: pods, identitiesPerNode: identities, objectsPerPod: objects,
                refreshInterval: refreshInterval))
        print(markdown ? table.markdown : table.text, terminator: "")
    }
}
