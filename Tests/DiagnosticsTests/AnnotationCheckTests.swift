import Diagnostics
import Testing

/// Classes that leave the client to the annotations of the pod's ServiceAccount.
@Suite("The check of classes without clientID")
struct AnnotationCheckTests {
    private typealias M = MarkedManifest

    private static let client = "    azure.workload.identity/client-id: 11111111-aaaa-4aaa-8aaa-000000000001"
    private static let tenant = "    azure.workload.identity/tenant-id: 99999999-9999-4999-8999-999999999999"

    private static func files(
        _ annotations: String..., tenant: Bool = true, secretRef: String = "", rest: String = ""
    ) -> ManifestFile {
        var text = M.secretProviderClass(M.objects)
        if !tenant { text = text.replacing("    tenantID: 99999999-9999-4999-8999-999999999999\n", with: "") }
        text +=
            "\n"
            + M.pod(
                "{driver: secrets-store.csi.k8s.io, readOnly: true, \(secretRef)volumeAttributes: {secretProviderClass: c}}"
            )
        text += "\n" + M.account("  annotations:\n    a: b\n" + annotations.joined(separator: "\n")) + "\n" + rest
        return M(text).file
    }

    private static func provider(_ argument: String) -> String {
        """
        ---
        apiVersion: apps/v1
        kind: DaemonSet
        metadata: {name: provider, namespace: kube-system}
        spec:
          template:
            spec:
              containers:
                - name: provider
                  args: [--endpoint=unix:///provider/azure.sock, "\(argument)"]
        """
    }

    @Test("a class is correct if the provider reads the annotation")
    func annotated() {
        for file in [Self.files(Self.client), Self.files(Self.client, Self.tenant, tenant: false)] {
            #expect(ManifestCheck([file], readsAnnotations: true).findings().map(\.message) == [])
        }
    }

    @Test(
        "the provider's own manifest shows whether it reads annotations",
        arguments: [
            ("--service-account-annotations", true), ("-service-account-annotations=true", true),
            ("--service-account-annotations=false", false), ("--service-account-dir=/x", false),
        ])
    func provider(argument: String, usesAnnotations: Bool) {
        let check = ManifestCheck([Self.files(Self.client, rest: Self.provider(argument))])
        #expect(check.findings().isEmpty == usesAnnotations, "\(check.findings().map(\.message))")
    }

    @Test("a missing or wrong annotation is reported with the command that fixes it")
    func missing() throws {
        let findings = ManifestCheck([Self.files(tenant: false)], readsAnnotations: true).findings()
        #expect(findings.map(\.rule) == ["annotation-missing", "annotation-missing"])
        #expect(findings.allSatisfy { $0.severity == .error })
        let fix = try #require(findings.first).fix
        #expect(
            fix.hasPrefix(
                "kubectl annotate serviceaccount app -n n azure.workload.identity/client-id=CLIENT_ID, or set"))
        let wrong = Self.files("    azure.workload.identity/client-id: a b")
        #expect(ManifestCheck([wrong], readsAnnotations: true).findings().map(\.rule) == ["annotation-invalid"])
    }

    @Test("an account without a namespace counts as one of the pod's namespace")
    func withoutNamespace() {
        var file = Self.files(Self.client)
        file.text = file.text.replacing("  name: app\n  namespace: n\n", with: "  name: app\n")
        #expect(ManifestCheck([file], readsAnnotations: true).findings().map(\.message) == [])
    }

    @Test("an account that is not in the files counts as annotated")
    func unknown() {
        var file = Self.files()
        file.text = file.text.replacing("kind: ServiceAccount", with: "kind: ConfigMap")
        #expect(ManifestCheck([file], readsAnnotations: true).findings().map(\.message) == [])
    }

    @Test("a volume with a credential belongs to a service principal")
    func credential() {
        let file = Self.files(secretRef: "nodePublishSecretRef: {name: s}, ")
        #expect(ManifestCheck([file], readsAnnotations: true).findings().map(\.rule) == [])
    }

    @Test("if the provider does not read annotations, the finding names both fixes")
    func unread() throws {
        let findings = ManifestCheck([Self.files(Self.client)]).findings()
        #expect(findings.map(\.rule) == ["mode-deprecated", "node-publish-secret"])
        #expect(findings.allSatisfy { $0.severity == .warning })
        let found = try #require(findings.last)
        #expect(found.message.hasSuffix("the annotation of ServiceAccount app is not read"))
        #expect(
            found.fix == "set clientID: 11111111-aaaa-4aaa-8aaa-000000000001 in the class, or serve with "
                + "--service-account-annotations (and check with it)")
    }

    @Test("the flag is also named for a class without client and tenant")
    func unreadTenant() throws {
        for (annotations, fix) in [
            (
                [Self.client, Self.tenant],
                "tenantID: 99999999-9999-4999-8999-999999999999 in the class, or serve with "
            ),
            ([Self.client], "annotate azure.workload.identity/tenant-id too"),
        ] {
            let file = Self.files(annotations.joined(separator: "\n"), tenant: false)
            let found = try #require(ManifestCheck([file]).findings().first { $0.rule == "node-publish-secret" })
            #expect(found.message.hasPrefix("class c has neither clientID nor tenantID; the annotations of"))
            #expect(found.fix.contains("--service-account-annotations (and check with it)"))
            #expect(found.fix.contains(fix))
        }
        // A volume with its own credential does not need the annotations.
        let file = Self.files(Self.client, tenant: false, secretRef: "nodePublishSecretRef: {name: s}, ")
        #expect(!ManifestCheck([file]).findings().contains { $0.rule == "node-publish-secret" })
    }

    @Test("the plan shows the annotated identity of each account")
    func plan() throws {
        let other =
            M.pod(serviceAccount: "batch").replacing("name: p", with: "name: q") + "\n"
            + M.account("  annotations: {azure.workload.identity/client-id: 22222222-aaaa-4aaa-8aaa-000000000001}")
            .replacing("name: app", with: "name: batch")
        let check = ManifestCheck([Self.files(Self.client, rest: other)], readsAnnotations: true)
        #expect(check.findings().map(\.message) == [])
        #expect(
            check.forecasts.map(\.clientID) == [
                "11111111-aaaa-4aaa-8aaa-000000000001", "22222222-aaaa-4aaa-8aaa-000000000001",
            ])
        #expect(
            check.forecasts.map(\.subjects) == [["system:serviceaccount:n:app"], ["system:serviceaccount:n:batch"]])
        let text = try #require(check.forecasts.first).text(TextStyle(isColoured: false))
        #expect(
            text.contains(
                "workload identity, because clientID is not set and the annotations of ServiceAccount n/app count"))
    }
}
