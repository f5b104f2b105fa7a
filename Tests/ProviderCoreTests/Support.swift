import Foundation
import ProviderCore
import SecretMemory

extension SecretBytes {
    /// The content as text, which only tests may read.
    var exposedText: String { withExposed { String(decoding: $0, as: UTF8.self) } }
    var exposedBytes: [UInt8] { withExposed { Array($0) } }
}

/// All descriptions of a value that Swift's functions, such as `print`, can make.
func renderings<Value>(of value: Value) -> [String] {
    var dumped = ""
    dump(value, to: &dumped)
    return ["\(value)", String(describing: value), String(reflecting: value), dumped]
}

/// An unsigned JSON Web Token with `claims` as its payload.
func token(claims: String) -> String {
    func part(_ text: String) -> String {
        Data(text.utf8).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }
    return part(#"{"alg":"RS256","typ":"JWT"}"#) + "." + part(claims) + "." + part("signature")
}

/// A request in the form that the driver sends.
func mountRequest(
    _ attributes: [String: String], secrets: [String: String]? = nil
) throws -> MountRequest {
    let encoder = JSONEncoder()
    return try MountRequest(
        attributes: SecretBytes(try encoder.encode(attributes)),
        secrets: SecretBytes(try encoder.encode(secrets)),
        permission: "420",
        targetPath: "/var/lib/kubelet/pods/1/volumes/kubernetes.io~csi/secrets/mount")
}

/// Noon of 1 January 2026.
let testNow = 1_767_268_800

/// The attributes of a valid SecretProviderClass and pod.
enum ValidMount {
    static let tokenClaims = """
        {"iss":"https://issuer.example","sub":"system:serviceaccount:pay:api",\
        "aud":["api://AzureADTokenExchange"],"exp":\(testNow + 3600)}
        """

    static var tokens: String { tokens(token(claims: tokenClaims)) }

    static func tokens(_ token: String, audience: String = "api://AzureADTokenExchange") -> String {
        #"{"\#(audience)":{"token":"\#(token)","expirationTimestamp":"2026-01-01T13:00:00Z"}}"#
    }

    static var attributes: [String: String] {
        [
            "csi.storage.k8s.io/pod.name": "api-0",
            "csi.storage.k8s.io/pod.namespace": "pay",
            "csi.storage.k8s.io/pod.uid": "9aab",
            "csi.storage.k8s.io/serviceAccount.name": "api",
            "csi.storage.k8s.io/serviceAccount.tokens": tokens,
            "secretProviderClass": "payments",
            "keyvaultName": "contoso-pay",
            "tenantID": "72f988bf-86f1-41af-91ab-2d7cd011db47",
            "clientID": "1f2d3c4b-0000-4000-8000-000000000001",
            "objects": "array:\n  - |\n    objectName: password\n    objectType: secret\n",
        ]
    }

    /// The same attributes with some values replaced, or removed where nil.
    static func attributes(changing changes: [String: String?]) -> [String: String] {
        var result = attributes
        for (key, value) in changes { result[key] = value }
        return result
    }
}
