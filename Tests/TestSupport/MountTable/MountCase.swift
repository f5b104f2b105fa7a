package import Foundation
internal import Yams

/// One case of the conformance table in `Tests/Fixtures/mount`: a change to a valid mount, and the expected result.
///
/// Each file of the table is about one topic. Its keys are the names of the cases.
package struct MountCase: Decodable, Sendable {
    /// Unique in the whole table.
    package var name = ""
    package var describes: String
    /// The implementation of Azure that can run the case; both if nil.
    package var only: Implementation?
    /// Replacements for attributes of the correct request; null removes one.
    package var attributes: [String: String?]?
    /// The attributes' JSON instead of the correct one.
    package var attributesText: String?
    /// A short form for the attribute of that name.
    package var objects: String?
    package var secrets: [String: String]?
    package var secretsText: String?
    package var permission: String?
    /// Files that exist during the case. `${file NAME}` is the path of one.
    package var cloudFiles: [String: String]?
    package var flags: Flags?
    package var expect: MountExpectation

    package enum Implementation: String, Decodable, Sendable {
        case fake
        case emulator
    }

    /// The operator's settings.
    package struct Flags: Decodable, Sendable {
        package var constructsChain: Bool?
        package var separatesCertificateAndKey: Bool?
        package var defaultCloud: String?
        /// The name in `cloudFiles` of the operator's own description of a private cloud.
        package var cloudFile: String?

        enum CodingKeys: String, CodingKey, CaseIterable {
            case constructsChain, separatesCertificateAndKey, defaultCloud, cloudFile
        }
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
        case describes, only, attributes, attributesText, objects, secrets, secretsText, permission, cloudFiles
        case flags, expect
    }

    package var testDescription: String { "\(name): \(describes)" }

    /// The whole table for one implementation, by name.
    package static func all(for implementation: Implementation) throws -> [MountCase] {
        try table(in: Fixtures.url("mount")).filter { $0.only == nil || $0.only == implementation }
    }

    /// The cases of all files in a folder, by name.
    package static func table(in folder: URL) throws -> [MountCase] {
        var files: [String: String] = [:]
        var cases: [MountCase] = []
        for url in try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
            .filter({ $0.pathExtension == "yaml" }).sorted(by: { $0.path < $1.path })
        {
            let file = url.lastPathComponent
            for (key, node) in try mapping(String(contentsOf: url, encoding: .utf8), file) {
                let name = key.string ?? ""
                if let other = files.updateValue(file, forKey: name) {
                    throw MountCaseError(description: "\(file): \(other) has a case called \(name) already")
                }
                cases.append(try MountCase(name, node, file))
            }
        }
        return cases.sorted { $0.name < $1.name }
    }

    private static func mapping(_ text: String, _ file: String) throws -> Node.Mapping {
        do {
            // Keys are read as text, as YAMLDecoder does: a key such as "true" is a text.
            guard let mapping = try Yams.compose(yaml: text, .basic.appending(.merge))?.mapping else {
                throw MountCaseError(description: "there are no cases")
            }
            return mapping
        } catch {
            throw MountCaseError(description: "\(file): \(error)")
        }
    }

    private init(_ name: String, _ node: Node, _ file: String) throws {
        do {
            try Self.checkKeys(node)
            self = try YAMLDecoder().decode(MountCase.self, from: node)
        } catch {
            throw MountCaseError(description: "\(file): \(name): \(error)")
        }
        self.name = name
    }

    /// A misspelt key would make a case that does not test anything.
    private static func checkKeys(_ root: Node) throws {
        func check(_ node: Node?, _ allowed: [String]) throws {
            for key in node?.mapping?.keys.compactMap(\.string) ?? [] where !allowed.contains(key) {
                throw MountCaseError(description: "the key \(key) means nothing here")
            }
        }
        try check(root, CodingKeys.allCases.map(\.rawValue))
        try check(root["flags"], Flags.CodingKeys.allCases.map(\.rawValue))
        try check(root["expect"], MountExpectation.CodingKeys.allCases.map(\.rawValue))
        try check(root["expect"]?["error"], MountExpectation.Failure.CodingKeys.allCases.map(\.rawValue))
        for (_, file) in root["expect"]?["files"]?.mapping ?? [:] {
            try check(file, MountExpectation.File.CodingKeys.allCases.map(\.rawValue))
        }
    }

}

/// The three texts of the driver's request for a case.
package struct MountCall: Sendable {
    package var attributes: String
    package var secrets: String
    package var permission: String

    /// The correct request, which each case changes.
    private static let base: [String: String] = [
        "csi.storage.k8s.io/pod.name": "pod", "csi.storage.k8s.io/pod.namespace": "team-a",
        "csi.storage.k8s.io/pod.uid": "uid", "csi.storage.k8s.io/serviceAccount.name": "reader",
        "csi.storage.k8s.io/ephemeral": "true", "secretProviderClass": "table",
        "csi.storage.k8s.io/serviceAccount.tokens":
            #"{"api://AzureADTokenExchange":{"token":"${token}","expirationTimestamp":"2099-01-01T00:00:00Z"}}"#,
        "clientID": "11111111-aaaa-4aaa-8aaa-000000000001", "keyvaultName": "kv-table",
        "tenantID": "99999999-9999-4999-8999-999999999999", "usePodIdentity": "false",
        "objects": "array:\n  - |\n    objectName: plain\n    objectType: secret\n",
    ]

    package init(_ testCase: MountCase, _ fill: Placeholders) async throws {
        var attributes = Self.base
        for (key, value) in testCase.attributes ?? [:] { attributes[key] = value }
        if let objects = testCase.objects { attributes["objects"] = objects }
        for (key, value) in attributes { attributes[key] = try await fill(value) }
        var secrets = testCase.secrets
        for (key, value) in testCase.secrets ?? [:] { secrets?[key] = try await fill(value) }
        let encoder = JSONEncoder()
        self.attributes =
            try testCase.attributesText ?? String(decoding: encoder.encode(attributes), as: UTF8.self)
        self.secrets = try testCase.secretsText ?? String(decoding: encoder.encode(secrets), as: UTF8.self)
        permission = testCase.permission ?? "420"
    }
}

package struct MountCaseError: Error, CustomStringConvertible {
    package var description: String
}
