internal import ArgumentParser
internal import CSIProvider
internal import Diagnostics
internal import Documents

struct Setup: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Set up Azure for classes: identity, federated credential and roles.",
        discussion: """
            Reads SecretProviderClasses, the pods and workloads that mount them, and their ServiceAccounts. Writes a \
            script for bash that creates what Azure is missing and keeps what exists. --apply runs the script, which \
            needs the Azure CLI, az, after az login. It shows each step, asks nothing, and stops at the first failure \
            with the fix. It can be run again.

            An identity is found by the class's client id. With --identity, or if the client id is a placeholder, it \
            is found by its name and created if it is missing.

            Example:

              akv-csi setup --issuer https://oidc.example/ payments.yaml > setup.sh
              bash setup.sh

            Exit code: 0 when all classes are set up, 1 when one is left out or a step fails, 2 for a mistake in the \
            command.
            """)

    enum RoleScope: String, ExpressibleByArgument, CaseIterable {
        case vault, object
    }

    @Argument(
        help: "Files or directories with the classes and the pods that mount them; - for standard input.",
        completion: .file())
    var files: [String]

    @Flag(help: "Run the script instead of printing it.")
    var apply = false

    @Option(help: "The cluster's OIDC issuer URL, for clusters other than AKS.")
    var issuer = ""

    @Option(help: "The AKS cluster from which the issuer is read.")
    var cluster = ""

    @Option(help: "The resource group of the AKS cluster.")
    var clusterResourceGroup = ""

    @Option(help: "The name of the identity. It is created if it is missing.")
    var identity = ""

    @Option(help: "The resource group of an identity that is found by its name.")
    var resourceGroup = ""

    @Option(help: "The region of a new identity. Default: the region of its resource group.")
    var location = ""

    @Option(help: "The subscription of identities, vaults and cluster. Default: the current one of az.")
    var subscription = ""

    @Option(help: "Assign roles on the whole vault, or on each object.")
    var roleScope = RoleScope.vault

    @Option(help: "The namespace of classes that do not name one.")
    var namespace = ""

    @Option(help: "The service account of pods that are not in the files.")
    var serviceAccount = ""

    @Flag(help: "The provider runs with --service-account-annotations.")
    var serviceAccountAnnotations = false

    func validate() throws {
        if let problem = settings.problem { throw ValidationError(problem) }
    }

    func run() throws {
        let check = ManifestCheck(try ManifestFiles.all(files), readsAnnotations: serviceAccountAnnotations)
        guard !check.classes.isEmpty else {
            throw CommandError("these files do not contain a SecretProviderClass for the provider azure")
        }
        let plan = SetupPlan(check, settings)
        for omission in plan.omissions { StandardErrorLogHandler.write("Left out: \(omission)\n") }
        guard plan.isNeeded else { throw ExitCode.failure }
        if apply {
            if !plan.needs.isEmpty {
                let options = plan.needs.map { "\($0.option) (\($0.meaning))" }.joined(separator: " and ")
                throw CommandError("--apply needs \(options)", isMistake: true)
            }
            try ScriptRun.run(plan.script)
        } else {
            try StandardOutput.write(plan.script)
        }
        if !plan.omissions.isEmpty { throw ExitCode.failure }
    }

    private var settings: SetupSettings {
        var settings = SetupSettings()
        settings.issuer = issuer
        settings.cluster = cluster
        settings.clusterResourceGroup = clusterResourceGroup
        settings.identity = identity
        settings.resourceGroup = resourceGroup
        settings.location = location
        settings.subscription = subscription
        settings.assignsOnObjects = roleScope == .object
        settings.namespace = namespace
        settings.serviceAccount = serviceAccount
        return settings
    }
}
