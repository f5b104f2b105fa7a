import Diagnostics

/// A manifest with a mark in front of the place that a finding must point to.
struct MarkedManifest: Sendable {
    static let sign: Character = "▸"

    var file: ManifestFile
    /// Line and column, as `3:7`.
    var place: String

    init(_ text: String) {
        var place = ""
        var line = 1
        var column = 1
        for scalar in text.unicodeScalars {
            if Character(scalar) == Self.sign { place = "\(line):\(column)" }
            if scalar == "\n" { (line, column) = (line + 1, 1) } else { column += 1 }
        }
        self.place = place
        file = ManifestFile(path: "test.yaml", text: text.filter { $0 != Self.sign })
    }

    /// A class with `parameters` (indented by four), followed by a correct rest.
    static func secretProviderClass(_ parameters: String, _ rest: String = "", provider: String = "azure") -> String {
        """
        apiVersion: secrets-store.csi.x-k8s.io/v1
        kind: SecretProviderClass
        metadata: {name: c, namespace: n}
        spec:
          provider: \(provider)
          parameters:
            keyvaultName: kv-tests
            tenantID: 99999999-9999-4999-8999-999999999999
        \(parameters)
        \(rest)
        """
    }

    static let client = "    clientID: 11111111-aaaa-4aaa-8aaa-000000000001\n"
    static let objects = """
            objects: |
              array:
                - |
                  objectName: a
                  objectType: secret
        """

    /// A pod that mounts the class, with `volume` instead of its CSI volume's flow mapping.
    static func pod(
        _ volume: String =
            "{driver: secrets-store.csi.k8s.io, readOnly: true, volumeAttributes: {secretProviderClass: c}}",
        metadata: String = "", mount: String = "", serviceAccount: String = "app"
    ) -> String {
        """
        ---
        apiVersion: v1
        kind: Pod
        metadata:
          name: p
          namespace: n
        \(metadata)
        spec:
          serviceAccountName: \(serviceAccount)
          containers:
            - name: app
              volumeMounts:
                - {name: secrets, mountPath: /secrets\(mount)}
          volumes:
            - name: secrets
              csi: \(volume)
        """
    }

    static func account(_ metadata: String) -> String {
        """
        ---
        apiVersion: v1
        kind: ServiceAccount
        metadata:
          name: app
          namespace: n
        \(metadata)
        """
    }

    static func driver(_ spec: String) -> String {
        """
        apiVersion: storage.k8s.io/v1
        kind: CSIDriver
        metadata: {name: secrets-store.csi.k8s.io}
        spec: \(spec)
        """
    }
}
