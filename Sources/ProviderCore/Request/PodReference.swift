/// The pod that a volume belongs to, as named by the kubelet.
package struct PodReference: Sendable, Hashable {
    package var name: String
    package var namespace: String
    package var uid: String
    package var serviceAccount: String
    package var secretProviderClass: String

    package init(_ attributes: StringMap) {
        name = attributes["csi.storage.k8s.io/pod.name"]
        namespace = attributes["csi.storage.k8s.io/pod.namespace"]
        uid = attributes["csi.storage.k8s.io/pod.uid"]
        serviceAccount = attributes["csi.storage.k8s.io/serviceAccount.name"]
        secretProviderClass = attributes["secretProviderClass"]
    }
}
