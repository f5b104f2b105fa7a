internal import Budgets
internal import Documents
package import ProviderCore
internal import SecretMemory

/// A SecretProviderClass for this provider, parsed as far as possible.
package struct ClassManifest: Sendable {
    package var manifest: Manifest
    /// The key and value nodes of the parameters, by name.
    var parameters: [String: YAMLNode.Member] = [:]
    /// The accounts that can name the client; nil if the class must name it.
    package var accounts: AnnotatedAccounts?

    /// Returns nil for any other object, and for classes of other providers.
    package init?(_ manifest: Manifest) {
        guard manifest.kind == "SecretProviderClass", let spec = manifest.root["spec"] else { return nil }
        guard (spec["provider"]?.text ?? "").lowercased() == "azure" else { return nil }
        self.manifest = manifest
        for member in spec["parameters"]?.mapping ?? [] {
            guard let name = member.key.scalar?.text, parameters[name] == nil else { continue }
            parameters[name] = member
        }
    }

    package var namespace: String { manifest.namespace ?? "default" }

    /// Returns the text of a parameter as the provider reads it; empty if it is absent.
    package func text(_ name: String) -> String { parameters[name]?.value.text?.trimmingSpace() ?? "" }

    /// The identity mode that the parameters select; nil if they contradict each other.
    var identityMode: IdentityMode? {
        do throws(ProviderError) {
            let texts = SecretBytes(JSONOutput.texts(parameterTexts).compact)
            return try StringMap.decode(texts, failure: "").map { parameters throws(ProviderError) in
                try IdentityMode.requested(by: parameters)
            }
        } catch {
            return nil
        }
    }

    package var tenantID: String { text("tenantID").isEmpty ? text("tenantId") : text("tenantID") }

    /// The Kubernetes Secrets that `secretObjects` requests, each with the volume's files that it contains.
    var secretObjects: [(name: String, files: [String])] {
        (manifest.root["spec"]?["secretObjects"]?.sequence ?? []).map { entry in
            (
                entry["secretName"]?.text ?? "",
                (entry["data"]?.sequence ?? []).compactMap { $0["objectName"]?.text }
            )
        }
    }

    /// Whether parameters of the class itself create files.
    var makesFilesOfItsOwn: Bool { parameters["files"] != nil || parameters["metadataFile"] != nil }

    /// All parameters as texts.
    var parameterTexts: [String: String] { parameters.compactMapValues(\.value.text) }

    /// Validates the request that the driver would send if `overrides` were the volume's own attributes.
    ///
    /// The files do not contain the pod's token or the values of a Secret, so placeholders replace them; no rule of
    /// this program depends on their content. Without a `serviceAccount`, the request has one with the required
    /// annotations. `bringsCredential` is for volumes with nodePublishSecretRef. `environment` is the provider's
    /// environment, if it is known. Throws all mistakes as one error.
    package func validated(
        overrides: [String: String] = [:], serviceAccount: String? = nil, bringsCredential: Bool = false,
        in environment: MountConfiguration.Environment? = nil
    ) -> Result<MountConfiguration, ProviderError> {
        var members = parameterTexts.merging(overrides) { $1 }
        let account = ServiceAccountReference(namespace: namespace, name: serviceAccount ?? "default")
        members["csi.storage.k8s.io/pod.name"] = "pod"
        members["csi.storage.k8s.io/pod.namespace"] = account.namespace
        members["csi.storage.k8s.io/serviceAccount.name"] = account.name
        members["secretProviderClass"] = manifest.name
        let audiences = [ServiceAccountTokens.workloadIdentityAudience, ServiceAccountTokens.identityBindingAudience]
        members[ServiceAccountTokens.attribute] = ServiceAccountTokens.text(
            of: audiences.map { ($0, Self.token(of: account), "9999-01-01T00:00:00Z") })
        do throws(ProviderError) {
            let configuration = try MountBudget.bounding { () throws(ProviderError) in
                let request = try MountRequest(
                    attributes: SecretBytes(JSONOutput.texts(members).compact),
                    secrets: SecretBytes(
                        accounts == nil || bringsCredential ? "{\"clientid\":\"-\",\"clientsecret\":\"-\"}" : "null"),
                    permission: "420", targetPath: "")
                return try MountConfiguration(
                    validating: identified(request, assuming: serviceAccount == nil), environment ?? Self.environment)
            }
            return .success(configuration)
        } catch {
            return .failure(error)
        }
    }

    /// Returns the request with the client that its account's annotations name, if the provider reads them. With
    /// `assuming`, any account is treated as annotated, and otherwise only accounts that the files do not contain.
    package func identified(_ request: MountRequest, assuming: Bool = false) throws(ProviderError) -> MountRequest {
        guard let accounts, let account = request.annotatedAccount else { return request }
        let identity = assuming ? nil : accounts[account]
        return try request.resolvingClient(from: identity ?? AnnotatedAccounts.unknown, of: account)
    }

    /// Returns a token without a signature.
    private static func token(of account: ServiceAccountReference) -> String {
        var builder = SecretBytesBuilder()
        SecretBytes(JSONOutput.texts(["sub": account.subject]).compact).withExposed {
            Base64.encode($0, into: &builder)
        }
        let claims = SecretBytes(builder).withExposed { String(decoding: $0, as: UTF8.self) }
        return "-.\(claims.replacing("+", with: "-").replacing("/", with: "_").filter { $0 != "=" }).-"
    }

    /// The plan of the mount, even if only the objects are without mistakes.
    var plan: MountPlan? {
        if case .success(let attributes) = validated() { return MountPlan(attributes) }
        return plan(of: parameters["objects"]?.value.text ?? "")
    }

    /// Returns the plan for these objects.
    func plan(of objects: String) -> MountPlan? {
        var objectsAlone = self
        objectsAlone.parameters = [:]
        guard
            case .success(let attributes) = objectsAlone.validated(
                overrides: ["keyvaultName": "vault", "tenantID": "tenant", "objects": objects])
        else { return nil }
        return MountPlan(attributes)
    }

    /// The description of a private cloud is in the provider's container, which this program cannot read.
    private static let environment = MountConfiguration.Environment(
        defaultCloudName: "AzurePublicCloud",
        environmentFile: { path in
            let text = """
                {"name": "AzureStackCloud", "activeDirectoryEndpoint": "https://<authority>.invalid",
                "keyVaultDNSSuffix": "vault.invalid"}
                """.replacing("<authority>", with: "authority")
            return AzureCloud.EnvironmentFile(path: path ?? "", contents: .success(Array(text.utf8)))
        }, now: 0)
}

/// The texts of `objects`, with the nodes of the list items.
struct ObjectNodes {
    struct Item {
        /// The position of the item, and the text to which its own positions refer.
        var place: TextSource.Position
        var source: TextSource
        /// The item as a mapping, if it is one.
        var node: YAMLNode?
        /// The inner text, which Azure's provider requires; nil if the item is a mapping.
        var text: String?
    }

    var source: TextSource
    /// The items; nil for null items, which the provider ignores.
    var items: [Item?] = []

    /// The settings of an object whose text is used unchanged.
    static let literalKeys =
        ObjectsDocument.keys + ["vault", "keyvaultName", "tenantID", "clientID", "fallbackVault"]

    init(_ scalar: YAMLScalar, in file: TextSource) {
        source = file.text(of: scalar)
        guard let root = try? YAMLParser.parseFirst(scalar.text), let array = root["array"]?.sequence else { return }
        items = array.map { element in
            guard case .scalar(let inner) = element else {
                return Item(place: element.start, source: source, node: element)
            }
            if inner.isNull { return nil }
            let nested = source.text(of: inner)
            let node = (try? YAMLParser.parseFirst(inner.text)) ?? nil
            let place = node?.start ?? TextSource.Position(line: 1, column: 1)
            return Item(place: place, source: nested, node: node, text: inner.text)
        }
    }
}
