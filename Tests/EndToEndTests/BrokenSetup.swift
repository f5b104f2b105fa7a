import Azure
import AzureEmulator
import AzureTestSupport
import Diagnostics
import Documents
import Foundation
import ProviderTransport
import SecretMemory
import TestSupport
import Testing

/// One mistake in an otherwise correct set-up, and the expected verdict of the doctor.
struct BrokenSetup: Sendable {
    /// The subject of the doctor, before a mistake changes it.
    struct SetupUnderTest: Sendable {
        var world: EmulatedEnvironment
        var parameters = [
            "clientID": EmulatedEnvironment.reader, "keyvaultName": "kv-tests", "tenantID": EmulatedEnvironment.tenant,
            "objects": EmulatedEnvironment.array([EmulatedEnvironment.object("secret", "plain")]),
        ]
        var token: String?
        var namespace = "team-a"
        var secrets = "null"
        var rest = ""
        /// The provider runs with --service-account-annotations.
        var readsAnnotations = false

        /// Leaves the client to the ServiceAccount, which gets `annotations` in YAML's flow notation.
        mutating func leaveToAccount(_ annotations: String) {
            parameters["clientID"] = nil
            parameters["tenantID"] = nil
            readsAnnotations = true
            annotate(annotations)
        }

        /// Adds the pod's ServiceAccount to the manifests.
        mutating func annotate(_ annotations: String) {
            rest =
                "---\napiVersion: v1\nkind: ServiceAccount\nmetadata:"
                + " {name: reader, namespace: team-a, annotations: {\(annotations)}}\n"
        }
        var settings: Doctor.Settings
    }

    var name: String
    /// The id of the step that is the cause; empty when the mount works.
    var cause: String
    /// Words that must be in the verdict or in the fix.
    var words: [String]
    /// Words that must be in neither.
    var absent: [String]
    var faults: [String]
    var change: @Sendable (inout SetupUnderTest) async throws -> Void

    init(
        _ name: String, _ cause: String, _ words: [String], not absent: [String] = [],
        faults: [String] = [],
        _ change: @escaping @Sendable (inout SetupUnderTest) async throws -> Void = { _ in }
    ) {
        (self.name, self.cause, self.words, self.absent) = (name, cause, words, absent)
        (self.faults, self.change) = (faults, change)
    }

    /// The tests' Azure with a reachable issuer of the cluster and some additional identities.
    static func seed() throws -> Seed {
        let text = try String(contentsOf: Fixtures.url("azure.yaml"), encoding: .utf8)
            .replacingOccurrences(
                of: "https://oidc.akv-emulator.example/tests/", with: "https://login.localhost/tests/"
            )
            .replacingOccurrences(
                of: "identities:\n",
                with: """
                    identities:
                      - name: other-case
                        clientID: 11111111-aaaa-4aaa-8aaa-0000000000c1
                        tenantID: \(EmulatedEnvironment.tenant)
                        federatedCredentials: [{subject: "system:serviceaccount:team-a:Reader"}]
                      - name: without-role
                        clientID: 11111111-aaaa-4aaa-8aaa-0000000000c2
                        tenantID: \(EmulatedEnvironment.tenant)
                        federatedCredentials: [{subject: "system:serviceaccount:team-a:reader"}]
                      - name: certificates-only
                        clientID: 11111111-aaaa-4aaa-8aaa-0000000000c3
                        tenantID: \(EmulatedEnvironment.tenant)
                        federatedCredentials: [{subject: "system:serviceaccount:team-a:reader"}]
                      - name: secrets-only
                        clientID: 11111111-aaaa-4aaa-8aaa-0000000000c4
                        tenantID: \(EmulatedEnvironment.tenant)
                        federatedCredentials: [{subject: "system:serviceaccount:team-a:reader"}]
                      - name: issuer-without-slash
                        clientID: 11111111-aaaa-4aaa-8aaa-0000000000c5
                        tenantID: \(EmulatedEnvironment.tenant)
                        federatedCredentials: [{subject: "system:serviceaccount:team-a:reader", issuer: "https://login.localhost/tests"}]

                    """
            )
            .replacingOccurrences(
                of: "    access:\n      - { identity: reader, role: Key Vault Certificate User }\n",
                with: """
                        bundles:
                          - path: secrets/by-policy
                            status: 403
                            body: '\(refusal("AccessDenied", "The user, group or application does not have secrets get permission on key vault kv-tests"))'
                          - path: secrets/by-firewall
                            status: 403
                            body: '\(refusal("ForbiddenByFirewall", "Client address is not authorized and caller is not a trusted service.\\r\\nClient address: 203.0.113.7\\r\\nVault: kv-tests"))'
                          - path: secrets/by-connection
                            status: 403
                            body: '\(refusal("ForbiddenByConnection", "Public network access is disabled and request is not from a trusted service nor via an approved private link."))'
                        access:
                          - { identity: certificates-only, role: Key Vault Certificates Officer }
                          - { identity: secrets-only, role: Key Vault Secrets User }
                          - { identity: reader, role: Key Vault Certificate User }

                    """
            )
        var seed = try Seed(yaml: text)
        // Elliptic curve keys, because their generation is fast.
        seed.vaults = seed.vaults?.map { vault in
            var copy = vault
            copy.keys = vault.keys?.filter { $0.type == "EC" }
            copy.certificates = vault.certificates?.filter { $0.type == "EC" }
            return copy
        }
        return seed
    }

    private static func refusal(_ code: String, _ message: String) -> String {
        #"{"error":{"code":"Forbidden","message":"\#(message)","innererror":{"code":"\#(code)"}}}"#
    }

    func report(in world: EmulatedEnvironment) async throws -> DoctorReport {
        // A connection from before the certificate was changed would not notice the change.
        let transport = NetworkTransport(
            configuration: NetworkTransport.Configuration(
                trustRoots: TrustRoots(environment: ["SSL_CERT_FILE": world.authorityFile]), proxy: world.proxy,
                userAgent: "tests"))
        var settings = Doctor.Settings(transport: transport, proxy: world.proxy)
        settings.tokens = world.tokens
        settings.time = ManualTime.fromNow().source
        settings.provider = world.endpoint
        var tested = SetupUnderTest(world: world, settings: settings)
        tested.token = try await world.token()
        try await change(&tested)
        let parameters = tested.parameters.sorted { $0.key < $1.key }.map {
            "    \($0.key): \(JSONWriter.quoted($0.value))\n"
        }.joined()
        let text = """
            apiVersion: secrets-store.csi.x-k8s.io/v1
            kind: SecretProviderClass
            metadata: {name: tests, namespace: team-a}
            spec:
              provider: azure
              parameters:
            \(parameters)
            \(tested.rest)
            """
        let check = ManifestCheck(
            [ManifestFile(path: "tests.yaml", text: text)], readsAnnotations: tested.readsAnnotations)
        let parsedClass = try #require(check.classes.first)
        var subject = Doctor.Subject(parsedClass: parsedClass, namespace: tested.namespace, serviceAccount: "reader")
        subject.pod = "pod"
        subject.token = tested.token.map { SecretBytes($0) }
        subject.secrets = SecretBytes(tested.secrets)
        subject.findings = check.findings()
        subject.accounts = check.accounts
        subject.tokenAudiences = check.tokenAudiences
        for fault in faults {
            world.emulator.faults.add(try Fault(words: fault.split(separator: " ").map(String.init)))
        }
        defer { world.emulator.faults.clear() }
        return await Doctor(tested.settings).run(subject)
    }

    func check(in world: EmulatedEnvironment) async throws {
        let report = try await report(in: world)
        let said = Comment(rawValue: "\(name): \(report.text(TextStyle(isColoured: false)))")
        #expect(report.cause?.id ?? "" == cause, said)
        for word in words { #expect("\(report.verdict) \(report.fix)".contains(word), said) }
        for word in absent { #expect(!"\(report.verdict) \(report.fix)".contains(word), said) }
        // A patch replaces whole lists.
        #expect(!report.fix.contains("--type merge"), said)
        #expect(!report.fix.isEmpty, said)
        #expect(!report.json.document.contains("eyJ") && !report.json.document.contains("plain value"), said)
    }
}

/// Responds to some requests itself, as Azure would in a state that the emulator does not have.
struct CannedAnswers: HTTPTransport {
    var base: any HTTPTransport
    /// The path of a tenant's OpenID configuration, which is public.
    static let metadata = "/v2.0/.well-known/openid-configuration"

    /// A part of the URL, and its response.
    var answers: [(part: String, status: Int, body: String)]

    func send(_ request: HTTPRequest, timeout: Duration) async throws(TransportError) -> HTTPResponse {
        // The vault responds to a request without a signature as usual.
        if let answer = answers.first(where: { request.url.contains($0.part) }),
            request.method == .post || request.bearer != nil || answer.part == Self.metadata
        {
            return HTTPResponse(status: answer.status, body: SecretBytes(answer.body))
        }
        return try await base.send(request, timeout: timeout)
    }
}
