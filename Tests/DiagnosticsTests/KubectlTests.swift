import Documents
import SecretMemory
import Testing

@testable import Diagnostics

@Suite("kubectl")
struct KubectlTests {
    private static func run(
        _ script: String, input: String? = nil, _ change: (inout ChildProcesses) -> Void = { _ in }
    ) throws -> ChildProcess.Result {
        var processes = ChildProcesses()
        change(&processes)
        return try #require(
            try processes.run([ChildProcess("sh", ["-c", script], input: input.map { SecretBytes($0) })]).first)
    }

    private static func text(_ bytes: SecretBytes) -> String {
        bytes.withExposed { String(decoding: $0, as: UTF8.self) }
    }

    @Test("a program's output, error output and exit code are returned unchanged")
    func results() throws {
        let result = try Self.run("cat; echo problem >&2; exit 3", input: "input")
        #expect(Self.text(result.output) == "input")
        #expect(result.errors == "problem\n")
        #expect(result.status == 3)
        #expect(try Self.run("kill -9 $$").status == -9)
        // An input that is larger than a pipe, which the program does not read.
        #expect(try Self.run("exec true", input: String(repeating: "x", count: 1 << 20)).status == 0)
    }

    @Test("programs run in parallel, and their results keep the order")
    func order() throws {
        var processes = ChildProcesses()
        processes.width = 3
        let results = try processes.run((0..<10).map { ChildProcess("sh", ["-c", "echo \($0)"]) })
        #expect(results.map { Self.text($0.output) } == (0..<10).map { "\($0)\n" })
    }

    @Test("a program that takes too long or writes too much is killed")
    func bounds() throws {
        let late = try Self.run("exec cat </dev/zero >/dev/null") { $0.timeout = .milliseconds(50) }
        #expect(late.isLate && late.status == -9)
        let long = try Self.run("exec cat </dev/zero") { $0.outputLimit = 1 << 20 }
        #expect(long.isTooLong && long.status == -9)
        #expect(throws: ChildProcessError.self) { try ChildProcesses().run([ChildProcess("/nonexistent", [])]) }
    }

    @Test(
        "an error of kubectl becomes a cause with a fix",
        arguments: [
            (
                #"Error from server (Forbidden): pods is forbidden: User "jane@x" cannot list resource "pods" in API group "" in the namespace "team""#,
                "jane@x may not list pods in the namespace team"
            ),
            (
                #"Error from server (Forbidden): csidrivers.storage.k8s.io "s" is forbidden: User "jane" cannot get resource "csidrivers" in API group "storage.k8s.io" at the cluster scope"#,
                "jane may not get csidrivers.storage.k8s.io in the whole cluster"
            ),
            (#"Error from server (NotFound): pods "x" not found"#, #"pods "x" not found"#),
            (
                #"error: the server doesn't have a resource type "secretproviderclasses""#,
                #"the server doesn't have a resource type "secretproviderclasses""#
            ),
            (
                "E1127 memcache.go\nUnable to connect to the server: dial tcp: lookup x: no such host",
                "the cluster cannot be reached: Unable to connect to the server: dial tcp: lookup x: no such host"
            ),
            (
                "Error from server: error dialing backend: dial tcp 10.0.0.4:10250: i/o timeout",
                "the API server cannot reach the kubelet of the node: error dialing backend"
            ),
            ("error: You must be logged in to the server (Unauthorized)", "the cluster does not accept this login"),
            ("", "kubectl failed (1): it wrote no reason"),
        ])
    func errors(text: String, cause: String) {
        #expect(KubectlError(kubectl: text, status: 1).cause.hasPrefix(cause))
    }

    @Test("a list is split into the texts of its objects")
    func lists() throws {
        let yaml = """
            apiVersion: v1
            items:
            - apiVersion: v1
              kind: Pod
              metadata:
                name: a
                namespace: team
                ownerReferences:
                - controller: true
                  kind: ReplicaSet
              spec:
                nodeName: node-1
            - apiVersion: v1
              data:
                text: |
                  - one

                  two
              kind: ConfigMap
              metadata:
                name: b
            kind: List
            metadata:
              resourceVersion: ""

            """
        let texts = ClusterObjects.texts(in: yaml)
        #expect(texts.count == 2)
        #expect(texts[1].hasPrefix("apiVersion: v1\ndata:\n  text: |\n    - one\n\n    two\nkind: ConfigMap\n"))
        let files = ClusterObjects.files(in: yaml) { "\($0.kind)/\($0.name)" }
        #expect(files.map(\.path) == ["Pod/a", "ConfigMap/b"])
        let pod = try #require(ClusterObjects.manifest(files[0]))
        #expect(pod.isControlled && pod.ownerKinds == ["ReplicaSet"] && pod.nodeName == "node-1")
        #expect(ClusterObjects.texts(in: "apiVersion: v1\nitems: []\nkind: List\n").isEmpty)
        #expect(ClusterObjects.texts(in: "kind: Pod\n") == ["kind: Pod\n"])
        #expect(ClusterObjects.texts(in: "items:\n  x: 1\nkind: List\n").isEmpty)
        #expect(ClusterObjects.texts(in: "").isEmpty)
    }

    @Test("the flags of a provider's pod are read in every notation")
    func flags() throws {
        let file = ManifestFile(
            path: "",
            text: """
                kind: Pod
                metadata: {name: p, namespace: kube-system}
                spec:
                  nodeName: n
                  containers:
                  - {name: other, image: o}
                  - name: provider
                    image: i
                    args: [-endpoint=unix:///p/azure.sock, --cloud-name, AzureChinaCloud, --service-account-annotations, --v=2]
                status: {phase: Running}
                """)
        let pod = try #require(ClusterObjects.manifest(file).flatMap(ProviderPod.init))
        #expect(pod.container == "provider" && pod.image == "i" && pod.isRunning)
        #expect(pod.flags["cloud-name"] == "AzureChinaCloud")
        #expect(pod.isOn("service-account-annotations") && !pod.isOn("events"))
        #expect(pod.command(["status"]) == [ProviderPod.program, "status", "--endpoint", "unix:///p/azure.sock"])
    }

    @Test("a bundle is unchanged after writing and reading, and other bytes are refused")
    func bundle() throws {
        let files = [ManifestFile(path: "a\n", text: "kind: Pod\n\"\\")]
        for (token, credentials) in [("a.b.c", "{}"), (nil, "{\"a\":\"b\"}"), ("", nil)] as [(String?, String?)] {
            let bundle = DoctorBundle(
                files: files, token: token.map { SecretBytes($0) }, credentials: credentials.map { SecretBytes($0) })
            let copy = try #require(DoctorBundle(bundle.bytes))
            #expect(copy.files.map(\.path) == ["a\n"] && copy.files.map(\.text) == files.map(\.text))
            #expect(copy.token.map(Self.text) == token)
            #expect(copy.credentials.map(Self.text) == credentials)
        }
        for text in ["", "{}", "{}\n", "{\"files\":[],\"tokenBytes\":5,\"credentialsBytes\":null}\nabc"] {
            #expect(DoctorBundle(SecretBytes(text)) == nil)
        }
    }
}
