internal import Budgets
internal import Documents
package import ProviderCore
internal import SecretMemory

/// A SecretProviderClass for this provider, read as far as it can be.
package struct ClassManifest: Sendable {
    package var manifest: Manifest
    /// The parameters' key and value nodes, by name.
    var parameters: [String: YAMLNode.Member] = [:]
    /// The accounts that may name the client; nil where the class must.
    package var accounts: AnnotatedAccounts?

    /// Nil for any other object and for other providers' classes.
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

    /// A parameter's text, as the server reads it; empty when absent.
    package func text(_ name: String) -> String { parameters[name]?.value.text?.trimmingSpace() ?? "" }

    /// The identity mode that the parameters choose; nil where they contradict each other.
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

    /// The Kubernetes Secrets that `secretObjects` asks for, each with the volume's files that go into it.
    var secretObjects: [(name: String, files: [String])] {
        (manifest.root["spec"]?["secretObjects"]?.sequence ?? []).map { entry in
            (
                entry["secretName"]?.text ?? "",
                (entry["data"]?.sequence ?? []).compactMap { $0["objectName"]?.text }
            )
        }
    }

    /// Parameters of the class itself write files.
    var makesFilesOfItsOwn: Bool { parameters["files"] != nil || parameters["metadataFile"] != nil }

    /// All parameters as texts.
    var parameterTexts: [String: String] { parameters.compactMapValues(\.value.text) }

    /// What the driver would send, were `overrides` the volume's own attributes.
    ///
    /// No file holds the pod's token or a Secret's value, so stand-ins take their places: what they
    /// say is Azure's business, and no rule of this program looks into them. Without a `serviceAccount`, one is
    /// assumed that is annotated as it must be. `bringsCredential` is for volumes with nodePublishSecretRef.
    /// `environment` is the provider's, where it is known.
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

    /// The request with the client that its account's annotations name, where they count. With `assuming` any
    /// account has them, otherwise only those that no file holds.
    package func identified(_ request: MountRequest, assuming: Bool = false) throws(ProviderError) -> MountRequest {
        guard let accounts, let account = request.annotatedAccount else { return request }
        let identity = assuming ? nil : accounts[account]
        return try request.resolvingClient(from: identity ?? AnnotatedAccounts.unknown, of: account)
    }

    /// A token without a signature.
    private static func token(of account: ServiceAccountReference) -> String {
        var builder = SecretBytesBuilder()
        SecretBytes(JSONOutput.texts(["sub": account.subject]).compact).withExposed {
            Base64.encode($0, into: &builder)
        }
        let claims = SecretBytes(builder).withExposed { String(decoding: $0, as: UTF8.self) }
        return "-.\(claims.replacing("+", with: "-").replacing("/", with: "_").filter { $0 != "=" }).-"
    }

    /// What would be fetched, even when only the objects are without mistakes.
    var plan: MountPlan? {
        if case .success(let attributes) = validated() { return MountPlan(attributes) }
        return plan(of: parameters["objects"]?.value.text ?? "")
    }

    /// What would be fetched for these objects.
    func plan(of objects: String) -> MountPlan? {
        var objectsAlone = self
        objectsAlone.parameters = [:]
        guard
            case .success(let attributes) = objectsAlone.validated(
                overrides: ["keyvaultName": "vault", "tenantID": "tenant", "objects": objects])
        else { return nil }
        return MountPlan(attributes)
    }

    /// The description of a private cloud lies in the provider's container, out of reach from here.
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

/// The texts of `objects`, with the nodes that stand for each list item.
struct ObjectNodes {
    struct Item {
        /// Where the item stands, and the text that its own positions are of.
        var place: TextSource.Position
        var source: TextSource
        /// The item as a mapping, if it is one.
        var node: YAMLNode?
        /// The text within the text, as Azure's provider wants it; nil when the item is a mapping.
        var text: String?
    }

    var source: TextSource
    /// Nil instead of null items, which the server ignores.
    var items: [Item?] = []

    /// The settings of an object whose text is taken as it stands.
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
