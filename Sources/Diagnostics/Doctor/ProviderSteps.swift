internal import ProviderTransport

/// The step for the provider on this node: whether the driver would find it.
struct ProviderSteps {
    let endpoint: Endpoint
    let timeout: Duration

    func steps() async -> [DoctorStep] {
        let client = RPCClient(endpoint: endpoint)
        let title = "Provider"
        do throws(RPCStatus) {
            let identity = try await client.version(timeout: timeout)
            let isServing = try await client.isServing(timeout: timeout)
            return [
                DoctorStep(
                    "provider", title, isServing ? .passed : .failed,
                    "\(identity.runtimeName) \(identity.runtimeVersion), protocol \(identity.version)"
                        + (isServing ? "" : ": not serving"),
                    fix: isServing
                        ? "" : "kubectl logs --namespace kube-system daemonset/csi-secrets-store-provider-azure")
            ]
        } catch {
            return [
                DoctorStep(
                    "provider", title, .failed, "no provider responds at the socket: \(error.message)",
                    fix:
                        "kubectl get pods --namespace kube-system --selector app=csi-secrets-store-provider-azure --output wide; the socket must be azure.sock in the directory that the driver's --provider-volume names"
                )
            ]
        }
    }
}
