internal import Documents
internal import SecretMemory

/// The validated configuration of a mount. Every mistake that can be found without a network request has been reported
/// when it exists.
///
/// It has all fields of a `ValidatedMount`, and the cloud.
package struct MountConfiguration: Sendable {
    private var mount: ValidatedMount
    package let cloud: AzureCloud

    /// The inputs of validation in addition to the request.
    package struct Environment: Sendable {
        /// The name of the cloud for classes that do not name one.
        package var defaultCloudName: String
        /// Finds a cloud description: the file that `cloudEnvFileName` names, or the operator's file if the argument is
        /// nil. It returns nil if no file is configured.
        package var environmentFile: @Sendable (_ requested: String?) -> AzureCloud.EnvironmentFile?
        /// Seconds since 1970.
        package var now: Int
        package var classes: ParsedClasses

        package init(
            defaultCloudName: String,
            environmentFile: @escaping @Sendable (_ requested: String?) -> AzureCloud.EnvironmentFile?,
            now: Int,
            classes: ParsedClasses = ParsedClasses()
        ) {
            self.defaultCloudName = defaultCloudName
            self.environmentFile = environmentFile
            self.now = now
            self.classes = classes
        }
    }

    /// Validates the request and reads the description of its cloud, if the cloud needs one. Throws all mistakes as one
    /// error.
    package init(validating request: MountRequest, _ environment: Environment) throws(ProviderError) {
        try self.init(ValidatedMount(request, environment), environmentFile: environment.environmentFile)
    }

    /// Reads the description of the mount's cloud with `environmentFile`, if the cloud needs one.
    package init(
        _ mount: ValidatedMount, environmentFile: (_ requested: String?) -> AzureCloud.EnvironmentFile?
    ) throws(ProviderError) {
        self.mount = mount
        if let known = mount.knownCloud {
            cloud = known
        } else {
            cloud = try AzureCloud.described(by: environmentFile(mount.cloudFile), mount.requestedCloudName)
        }
    }

    /// The validated parameters without the cloud.
    package var validated: ValidatedMount { mount }
    package var pod: PodReference { mount.pod }
    package var vaultName: String { mount.vaultName }
    package var tenantID: String { mount.tenantID }
    package var identity: Identity { mount.identity }
    package var clientSourceAccount: ServiceAccountReference? { mount.clientSourceAccount }
    package var objects: [KeyVaultObject] {
        get { mount.objects }
        set { mount.objects = newValue }
    }
    package var defaultMode: FilePermission { mount.defaultMode }
    package var refreshInterval: Duration? { mount.refreshInterval }
    package var settings: ClassSettings { mount.settings }
    package var warnings: [String] { mount.warnings }
}

/// The validated parameters of a mount, before any file is opened. The operator's policy is checked at this point,
/// before the provider opens a file that the class names.
package struct ValidatedMount: Sendable {
    package var pod: PodReference
    package var vaultName: String
    package var tenantID: String
    /// The cloud, if it is built in; nil if a file describes it.
    package let knownCloud: AzureCloud?
    /// The cloud's name as the class or the operator wrote it.
    let requestedCloudName: String
    /// The cloud's proper name. A cloud that a file describes cannot use the name of a built-in one.
    package var cloudName: String
    /// The file with the cloud's description, if the class names one and its cloud needs one.
    package var cloudFile: String?
    package var identity: Identity
    /// The service account whose annotations named the client; nil if the class names it.
    package var clientSourceAccount: ServiceAccountReference?
    package var objects: [KeyVaultObject]
    package var defaultMode: FilePermission
    /// The maximum age of cached content in a repeated mount; if it is nil, the operator's setting applies.
    package var refreshInterval: Duration?
    /// The settings beyond upstream's parameters that concern all objects.
    package var settings: ClassSettings
    /// Settings that are probably mistakes, for the log.
    package var warnings: [String]

    /// Checks all parameters and throws all mistakes as one error. They are in the order in which upstream, which stops
    /// at the first mistake, checks them.
    package init(_ request: MountRequest, _ environment: MountConfiguration.Environment) throws(ProviderError) {
        let parameters = request.attributes
        var errors: [ProviderError] = []
        func attempt<Value>(_ body: () throws(ProviderError) -> Value) -> Value? {
            do throws(ProviderError) { return try body() } catch {
                errors.append(error)
                return nil
            }
        }
        func required(
            _ value: String, _ failure: String, _ code: ErrorCode = .parameterMissing, cause: String? = nil,
            hint: String? = nil, parameter: String? = nil
        ) {
            guard value.isEmpty else { return }
            errors.append(
                ProviderError(code, failure, cause: cause, hint: hint).about(ErrorPlace(parameter: parameter)))
        }

        let pod = PodReference(parameters)
        required(pod.name, "pod name is not provided", .podInfoMissing, cause: Self.podInfoAbsence)
        required(pod.namespace, "pod namespace is not provided", .podInfoMissing, cause: Self.podInfoAbsence)
        let mode = attempt { () throws(ProviderError) in try IdentityMode.requested(by: parameters) } ?? nil
        let vaultName = parameters["keyvaultName"]
        required(
            vaultName, "keyvaultName is not provided",
            hint: "set spec.parameters.keyvaultName in the SecretProviderClass to the vault's name",
            parameter: "keyvaultName")
        let tenantName = parameters["tenantID"].isEmpty ? "tenantId" : "tenantID"
        let tenantID = parameters[tenantName]
        required(
            tenantID, "tenantId is not provided", cause: "tenantID is not provided",
            hint: "set spec.parameters.tenantID in the SecretProviderClass to the output of: "
                + "az account show --query tenantId -o tsv",
            parameter: tenantName)
        if let problem = Self.tenantProblem(tenantID) { errors.append(problem.about(parameter: tenantName)) }
        let requestedCloudName =
            parameters["cloudName"].isEmpty ? environment.defaultCloudName : parameters["cloudName"]
        let knownCloud = attempt { () throws(ProviderError) in try AzureCloud.named(requestedCloudName) } ?? nil
        let identity: Identity?
        if let mode {
            identity = attempt { () throws(ProviderError) in
                try Identity.resolve(mode, in: request, now: environment.now)
            }
        } else {
            identity = nil
        }
        let parsed = environment.classes.parse(parameters)
        let settings = parsed.settings
        let document = attempt { () throws(ProviderError) in try parsed.document.get() }
        let refreshInterval = attempt { () throws(ProviderError) in try Self.refreshInterval(parameters) } ?? nil
        if !vaultName.isEmpty, let problem = Self.vaultNameProblem(vaultName) { errors.append(problem) }
        errors += parsed.errors
        if let mode, let document { errors += document.objects.compactMap { $0.source.problem(in: mode, of: $0) } }
        if let document {
            errors += MountLimits.problems(document.objects, vaultName: vaultName, fallback: settings.fallback)
        }

        let misspelt = ParameterNames.misspelt(in: parameters)
        guard let identity, let document, errors.isEmpty else {
            // A parameter that is missing may exist under a misspelled name, which is ignored.
            throw
                (ProviderError.combining(errors)
                ?? ProviderError(.internal, "the mount's attributes could not be validated"))
                .adding([("ignored", ParameterNames.list(misspelt))])
        }
        self.pod = pod
        self.vaultName = vaultName
        self.tenantID = tenantID
        self.knownCloud = knownCloud
        self.requestedCloudName = requestedCloudName
        cloudName = knownCloud?.name ?? AzureCloud.describedName
        let file = parameters["cloudEnvFileName"]
        cloudFile = knownCloud == nil && !file.isEmpty ? file : nil
        self.identity = identity
        clientSourceAccount = request.clientSourceAccount
        self.objects = document.objects
        self.defaultMode = request.defaultMode
        self.refreshInterval = refreshInterval
        self.settings = settings
        warnings =
            misspelt.map { "unknown parameter \($0.name.clipped) is ignored; did you mean \($0.meant)?" }
            + document.warnings
    }

    // MARK: - The single rules

    private static let podInfoAbsence =
        "the driver does not say which pod the volume is for, because its CSIDriver does not ask the kubelet for that"

    private static func refreshInterval(_ parameters: StringMap) throws(ProviderError) -> Duration? {
        let text = parameters["refreshInterval"]
        if text.isEmpty { return nil }
        guard let interval = GoDuration.parse(text) else {
            throw ProviderError(
                .parameterInvalid, "refreshInterval \(text.clipped) is not a duration",
                hint: "write refreshInterval as a number with a unit, such as 30s, 5m or 1h"
            ).about(parameter: "refreshInterval")
        }
        return interval
    }

    /// Returns the mistake in a tenant, or nil. The tenant becomes part of a URL's path, so only valid tenants are
    /// accepted.
    private static func tenantProblem(_ tenant: String) -> ProviderError? {
        if TenantName.isValid(tenant) { return nil }
        return ProviderError(
            .parameterInvalid, "tenantID \(tenant.clipped) is neither a directory id nor a domain name",
            hint: "set tenantID to the output of: az account show --query tenantId -o tsv")
    }

    private static func vaultNameProblem(_ name: String) -> ProviderError? {
        guard let problem = VaultName.problem(with: name) else { return nil }
        return ProviderError(
            .parameterInvalid, "failed to get vault: Invalid vault name: \"\(name.clipped)\", must \(problem)",
            cause: "keyvaultName \"\(name.clipped)\" is not the name of a vault: it must \(problem)",
            hint: "set keyvaultName to the vault's name alone, not its URL"
        ).about(parameter: "keyvaultName")
    }
}
