import ProviderCore
import Testing

@testable import Diagnostics

@Suite("The status as text")
struct StatusReportTests {
    private static let now = 1_000_000_000

    private static func status(
        _ volumes: VolumeStatus..., startedAt: Int = now - 86400, isRotating: Bool = true
    ) -> NodeStatus {
        NodeStatus(
            time: now,
            provider: NodeStatus.Provider(
                version: "v1", node: nil, startedAt: startedAt, refreshInterval: 120, staleIfError: 0,
                isRotating: isRotating),
            volumes: volumes)
    }

    private static func volume(
        _ pod: String, _ state: VolumeStatus.State = .ok, _ change: (inout VolumeStatus) -> Void = { _ in }
    ) -> VolumeStatus {
        var object = ObjectStatus(type: "secret", name: "db", version: "v1", vault: "kv")
        object.confirmedAt = now - 95
        var volume = VolumeStatus(
            namespace: "team", pod: pod, podUID: "uid", serviceAccount: "sa", className: "class",
            targetPath: "/var/lib/kubelet/pods/uid/volumes/kubernetes.io~csi/secrets/mount", state: state,
            lastMountAt: now - 30, objects: [object])
        change(&volume)
        return volume
    }

    @Test(
        "ages have the units of kubectl",
        arguments: [
            (0, "0s"), (119, "119s"), (120, "2m"), (125, "2m5s"), (599, "9m59s"), (600, "10m"), (10_799, "179m"),
            (10_800, "3h"), (12_000, "3h20m"), (86_400, "24h"), (180_000, "2d2h"), (700_000, "8d"),
            (63_072_000 + 86_400, "2y1d"), (-5, "0s"),
        ])
    func ages(seconds: Int, text: String) {
        #expect(Age.text(seconds) == text)
    }

    @Test("the table has a line for each volume, in columns")
    func table() {
        let report = StatusReport(
            Self.status(
                Self.volume("a-long-name") { $0.nextRefreshAt = Self.now - 1 },
                Self.volume("b", .failing) { volume in
                    volume.objects[0].expiresAt = Self.now - 5
                    volume.lastError = .init(code: "vault-forbidden", message: "", at: Self.now, since: Self.now - 700)
                },
                Self.volume("c", .stale) { $0.objects[0].expiresAt = Self.now + 30 * 86400 },
                Self.volume("d") { $0.isGone = true }))
        #expect(
            report.table(TextStyle(isColoured: false)) == """
                NAMESPACE  POD          CLASS  STATUS   OBJECTS  CONFIRMED  REFRESH  EXPIRES  ERROR
                team       a-long-name  class  OK       1        95s        due      -        -
                team       b            class  Failing  1        95s        -        expired  vault-forbidden (11m)
                team       c            class  Stale    1        95s        -        30d      -
                team       d            class  Gone     1        95s        -        -        -

                """)
        #expect(report.table(TextStyle(isColoured: true)).contains("\u{1B}[31mFailing\u{1B}[0m  1"))
    }

    @Test("a pod that the provider does not know is reported as unknown")
    func unknown() {
        var report = StatusReport()
        report.showsNodes = true
        report.unknownPods = [.init(namespace: "team", pod: "x", node: "node-1", className: "class")]
        let lines = report.table(TextStyle(isColoured: false)).split(separator: "\n")
        #expect(lines.count == 2)
        #expect(lines[1].split(separator: " ") == ["team", "x", "node-1", "class", "Unknown", "-", "-", "-", "-", "-"])
        #expect(report.details(TextStyle(isColoured: false)).contains("node-1 has not been asked for it"))
    }

    @Test("the notes explain why volumes may be missing or old")
    func notes() {
        func notes(_ status: NodeStatus, hidden: Int = 0, isFiltered: Bool = false) -> String {
            StatusNotes.lines(status, hidden: hidden, isFiltered: isFiltered).joined(separator: "\n")
        }
        #expect(notes(Self.status(Self.volume("a"))) == "")
        #expect(notes(Self.status()).hasPrefix("No volumes"))
        #expect(notes(Self.status(), isFiltered: true) == "No volume matches.")
        #expect(notes(Self.status(Self.volume("a"), startedAt: Self.now - 35)).contains("started 35s ago"))
        let old = Self.volume("a") { $0.lastMountAt = Self.now - 400 }
        #expect(notes(Self.status(old, isRotating: false)).contains("enableSecretRotation"))
        #expect(notes(Self.status(old)) == "")
        #expect(notes(Self.status(Self.volume("a")), hidden: 1).hasPrefix("1 volume of pods that are gone is hidden"))
    }

    @Test("a change of ages is not a change of the status; versions and errors are")
    func changes() {
        let status = Self.status(Self.volume("a"))
        var later = status
        later.time += 60
        later.volumes[0].lastMountAt += 60
        later.volumes[0].objects[0].confirmedAt = Self.now
        #expect(later.lasting == status.lasting)
        var rotated = status
        rotated.volumes[0].objects[0].version = "v2"
        #expect(rotated.lasting != status.lasting)
        var failing = status
        failing.volumes[0].lastError = .init(code: "throttled", message: "", at: Self.now, since: Self.now)
        #expect(failing.lasting != status.lasting)
    }

    @Test("a filter accepts a pod with or without its namespace")
    func filter() throws {
        let status = Self.status(Self.volume("a"), Self.volume("b") { $0.isGone = true })
        for (text, count) in [("team/a", 1), ("a", 1), ("other/a", 0), ("b", 0)] {
            let filter = try #require(StatusFilter(text, namespace: nil, includesGone: false))
            #expect(filter.applied(to: status).status.volumes.count == count)
        }
        #expect(StatusFilter("b", namespace: nil, includesGone: false)?.applied(to: status).hidden == 1)
        #expect(
            StatusFilter("team/b", namespace: "team", includesGone: true)?.applied(to: status).status.volumes.count == 1
        )
        #expect(StatusFilter("team/b", namespace: "other", includesGone: true) == nil)
        #expect(StatusFilter("/b", namespace: nil, includesGone: true) == nil)
    }

    @Test("the driver does not take the status socket for that of a provider")
    func socket() {
        #expect(NodeStatus.socketPath(nextTo: "/provider/azure.sock") == "/provider/azure.status")
        #expect(NodeStatus.socketPath(nextTo: "/provider/azure") == "/provider/azure.status")
    }
}
