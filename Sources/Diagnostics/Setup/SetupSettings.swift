internal import SecretMemory

/// The settings of the Azure side that the manifests do not contain.
package struct SetupSettings: Sendable {
    /// The URL of the cluster's token issuer; empty to read it from the AKS cluster.
    package var issuer = ""
    package var cluster = ""
    package var clusterResourceGroup = ""
    /// The name of the identity, which is created if it is missing. If it is empty, the identity with the class's
    /// client ID is used.
    package var identity = ""
    /// The resource group of an identity that is created.
    package var resourceGroup = ""
    /// The region of an identity that is created; empty for the region of its resource group.
    package var location = ""
    /// The subscription; empty for the current one of the Azure CLI.
    package var subscription = ""
    /// The service account of pods that are not in the files.
    package var serviceAccount = ""
    /// The namespace of classes that do not name one.
    package var namespace = ""
    /// Whether roles are assigned on each object, and not on the whole vault.
    package var assignsOnObjects = false

    package init() {}

    /// The mistake in the first setting that is not a valid name, or nil.
    package var problem: String? {
        let names = [
            ("cluster", cluster), ("identity", identity), ("location", location), ("subscription", subscription),
            ("service-account", serviceAccount), ("namespace", namespace),
        ]
        for (name, value) in names where !value.hasOnlyASCIILettersAndDigits(or: "-_. ") {
            return "--\(name) may have letters, digits, hyphens, underscores and dots"
        }
        let groups = [("cluster-resource-group", clusterResourceGroup), ("resource-group", resourceGroup)]
        for (name, value) in groups where !value.hasOnlyASCIILettersAndDigits(or: "-_.()") {
            return "--\(name) may have letters, digits, hyphens, underscores, dots and parentheses"
        }
        let isURL = issuer.hasPrefix("https://") && issuer.hasOnlyASCIILettersAndDigits(or: ":/-._~%")
        guard issuer.isEmpty || isURL else {
            return "--issuer must be the https URL of the issuer, as the cluster's tokens have it"
        }
        return issuer.isEmpty || cluster.isEmpty ? nil : "--issuer and --cluster exclude each other"
    }
}
