internal import AsyncSupport
internal import Documents
internal import DriverSimulator
internal import ProviderCore
internal import ProviderTransport
internal import SecretMemory

/// The report of a successful mount: the volume's files, their versions, and the Secrets.
struct MountReport {
    var outcome: SimulatedDriver.Outcome
    var className: String
    var pod: SimulatedDriver.Pod
    var target: String
    var duration: Duration
    var showsValues: Bool

    var text: String {
        var lines = [
            "Mounted \(className) for \(pod.namespace)/\(pod.name) (service account \(pod.serviceAccount)) "
                + "in \((duration.inMilliseconds * 10).rounded() / 10) ms: "
                + (outcome.isChanged ? "content changed" : "no change")
        ]
        lines.append("")
        var files: [[String]] = [["PATH", "MODE", "SIZE"] + (showsValues ? ["VALUE"] : [])]
        for file in outcome.files {
            let mode = FilePermission(rawValue: file.mode)?.description ?? "?"
            files.append(
                ["\(target)/\(file.path)", mode, "\(file.contents.count)"] + (showsValues ? [shown(file.contents)] : [])
            )
        }
        lines += table(files)
        lines.append("")
        lines += table([["OBJECT", "VERSION"]] + outcome.versions.map { [$0.id, $0.version] })
        for secret in outcome.secrets {
            lines.append("")
            lines.append("Secret \(secret.namespace)/\(secret.name), \(secret.type)")
            lines += table(
                [["KEY", "SIZE", "VALUE"]] + secret.data.map { [$0.key, "\($0.value.count)", shown($0.value)] })
        }
        for failure in outcome.secretFailures {
            lines.append("")
            lines.append("Warning: \(failure)")
        }
        return lines.joined(separator: "\n")
    }

    private func shown(_ value: SecretBytes) -> String {
        guard showsValues else { return "********" }
        let text = value.withExposed { String(validating: $0, as: UTF8.self) }
        guard let text else { return "(not text)" }
        return JSONWriter.quoted(text)
    }

    private func table(_ rows: [[String]]) -> [String] {
        let columns = rows.first?.count ?? 0
        let widths = (0..<columns).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == columns - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count + 2)
            }.joined()
        }
    }
}
