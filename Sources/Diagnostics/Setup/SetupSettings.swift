internal import SecretMemory

/// What the manifests do not say about the Azure side of classes.
package struct SetupSettings: Sendable {
    /// The URL that vouches for the cluster's tokens; empty to ask the AKS cluster.
    package var issuer = ""
    package var cluster = ""
    package var clusterResourceGroup = ""
    /// The name of the identity, which is created if it is missing. Empty for the identity with the class's client id.
    package var identity = ""
    /// The resource group of an identity that is created.
    package var resourceGroup = ""
    /// The region of an identity that is created; empty for the region of its resource group.
    package var location = ""
    /// Empty for the current one of the Azure CLI.
    package var subscription = ""
    /// The account of pods that are not in the files.
    package var serviceAccount = ""
    /// The namespace of classes that name none.
    package var namespace = ""
    /// Roles are assigned on each object, and not on the whole vault.
    package var assignsOnObjects = false

    package init() {}

    /// What is wrong with the first setting that is not a name, or nil.
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
