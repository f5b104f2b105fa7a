internal import Documents
internal import ProviderCore
package import ProviderTransport
package import SecretMemory

/// Acts as the Secrets Store CSI driver for one volume: it calls the provider as the driver does, and processes the
/// response as the driver does.
package struct SimulatedDriver: Sendable {
    /// The pod whose volume is mounted.
    package struct Pod: Sendable {
        package var name: String
        package var namespace: String
        package var uid: String
        package var serviceAccount: String

        package init(name: String, namespace: String, uid: String, serviceAccount: String) {
            self.name = name
            self.namespace = namespace
            self.uid = uid
            self.serviceAccount = serviceAccount
        }
    }

    /// A service account token for one audience.
    package struct Token: Sendable {
        package var audience: String
        package var secret: SecretBytes
        /// The time of expiry, in RFC 3339.
        package var expiry: String

        package init(audience: String, secret: SecretBytes, expiry: String) {
            self.audience = audience
            self.secret = secret
            self.expiry = expiry
        }
    }

    /// The result of a mount.
    package struct Outcome: Sendable {
        package var files: [AtomicWriter.File]
        package var versions: [ObjectVersionMessage]
        /// Whether the volume's content has changed.
        package var isChanged: Bool
        package var secrets: [SecretBuilder.Secret]
        /// The Secrets that could not be built. The mount succeeds anyway.
        package var secretFailures: [String]
    }

    private let endpoint: Endpoint
    private let client: RPCClient
    private let timeout: Duration

    package init(endpoint: Endpoint, timeout: Duration) {
        self.endpoint = endpoint
        client = RPCClient(endpoint: endpoint)
        self.timeout = timeout
    }

    /// Mounts the volume. `secrets` is the JSON of nodePublishSecretRef's data. Throws if the driver would fail the
    /// mount.
    package func mount(
        _ manifest: SecretProviderClassManifest, for pod: Pod, tokens: [Token],
        secrets: SecretBytes = SecretBytes("null"), target: String
    ) async throws -> Outcome {
        guard manifest.provider == "azure" else {
            throw SimulatedDriverError(
                description:
                    "SecretProviderClass \(manifest.name) is for the provider \"\(manifest.provider)\", not azure")
        }
        let request = MountRequestMessage(
            attributes: Self.attributes(manifest, pod, tokens), secrets: secrets.withExposed { Array($0) },
            targetPath: target,
            permission: "420")
        let response: ReceivedMountResponse
        do throws(RPCStatus) {
            response = try await client.mount(request, timeout: timeout)
        } catch {
            throw SimulatedDriverError(description: description(of: error))
        }
        if !response.errorCode.isEmpty {
            throw SimulatedDriverError(
                description: "mount request failed with provider error code \(response.errorCode)")
        }
        guard !response.objectVersions.isEmpty else {
            throw SimulatedDriverError(description: "missing object versions")
        }
        let files = response.files.map { file in
            AtomicWriter.File(
                path: file.path, mode: UInt32(bitPattern: file.mode) & 0o777, contents: SecretBytes(file.contents))
        }
        let isChanged = try AtomicWriter(target: target).write(files)
        var outcome = Outcome(
            files: files, versions: response.objectVersions, isChanged: isChanged, secrets: [], secretFailures: [])
        for object in manifest.secretObjects {
            do throws(SecretBuilderError) {
                outcome.secrets.append(try SecretBuilder.build(object, namespace: pod.namespace, files: files))
            } catch {
                outcome.secretFailures.append("FailedToCreateSecret \(object.secretName): \(error)")
            }
        }
        return outcome
    }

    /// Returns the text that the driver would report for the pod, and a plain text if no provider responded.
    private func description(of status: RPCStatus) -> String {
        switch status.code {
        case .unavailable: "no provider answers at \(endpoint): \(status.message)"
        case .deadlineExceeded: "the provider at \(endpoint) has not answered within \(timeout)"
        default: "rpc error: code = \(status.code.name) desc = \(status.message)"
        }
    }

    /// Returns the class's parameters overlaid with the volume context, merged as in the driver.
    private static func attributes(
        _ manifest: SecretProviderClassManifest, _ pod: Pod, _ tokens: [Token]
    ) -> [UInt8] {
        var members = manifest.parameters
        members["csi.storage.k8s.io/pod.name"] = pod.name
        members["csi.storage.k8s.io/pod.namespace"] = pod.namespace
        members["csi.storage.k8s.io/pod.uid"] = pod.uid
        members["csi.storage.k8s.io/serviceAccount.name"] = pod.serviceAccount
        members["csi.storage.k8s.io/ephemeral"] = "true"
        members["secretProviderClass"] = manifest.name
        if !tokens.isEmpty {
            members[ServiceAccountTokens.attribute] = ServiceAccountTokens.text(
                of: tokens.map { token in
                    (token.audience, token.secret.withExposed { String(decoding: $0, as: UTF8.self) }, token.expiry)
                })
        }
        return Array(JSONOutput.texts(members).compact.utf8)
    }
}

/// Explains why the driver would fail the mount.
package struct SimulatedDriverError: Error, CustomStringConvertible, Sendable {
    package var description: String
}
