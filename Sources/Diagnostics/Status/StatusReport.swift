package import ProviderCore
internal import SecretMemory

/// The volumes of one or more nodes, as text output.
package struct StatusReport: Sendable {
    /// One volume on its node.
    package struct Row: Sendable {
        /// The name of the node; empty if it is not known.
        package var node: String
        /// The time at which the node's provider responded, in seconds since 1970.
        package var time: Int
        package var volume: VolumeStatus
    }

    /// A pod that mounts a class and whose volume the node's provider does not know.
    package struct UnknownPod: Sendable {
        package var namespace: String
        package var pod: String
        /// The name of the node; empty while the pod does not have one.
        package var node: String
        package var className: String

        package init(namespace: String, pod: String, node: String, className: String) {
            self.namespace = namespace
            self.pod = pod
            self.node = node
            self.className = className
        }
    }

    package var rows: [Row] = []
    package var unknownPods: [UnknownPod] = []
    /// Whether the column of nodes is shown.
    package var showsNodes = false

    package init() {}

    /// Creates a report of the volumes of one node.
    package init(_ status: NodeStatus, node: String = "") {
        add(status, node: node)
    }

    package mutating func add(_ status: NodeStatus, node: String) {
        rows += status.volumes.map { Row(node: node, time: status.time, volume: $0) }
        rows.sort { a, b in
            (a.volume.namespace, a.volume.pod, a.volume.targetPath)
                < (b.volume.namespace, b.volume.pod, b.volume.targetPath)
        }
    }

    package var isEmpty: Bool { rows.isEmpty && unknownPods.isEmpty }

    /// Returns one line for each volume.
    package func table(_ style: TextStyle) -> String {
        var table = StatusTable(
            header: ["NAMESPACE", "POD"] + (showsNodes ? ["NODE"] : [])
                + ["CLASS", "STATUS", "OBJECTS", "CONFIRMED", "REFRESH", "EXPIRES", "ERROR"])
        for row in rows {
            let volume = row.volume
            table.rows.append(
                [.init(volume.namespace), .init(volume.pod)] + (showsNodes ? [.init(row.node)] : [])
                    + [
                        .init(volume.className), row.state, "\(volume.objects.count + volume.omittedObjects)",
                        row.confirmed(volume.confirmedAt), row.refresh, row.expiry(volume.expiresAt), row.error,
                    ])
        }
        for pod in unknownPods {
            table.rows.append(
                [.init(pod.namespace), .init(pod.pod)] + (showsNodes ? [.init(pod.node)] : [])
                    + [.init(pod.className), .init("Unknown", .yellow), "-", "-", "-", "-", "-"])
        }
        return table.text(style)
    }

    /// Returns one line for each object.
    package func wide(_ style: TextStyle) -> String {
        var table = StatusTable(
            header: ["NAMESPACE", "POD"] + (showsNodes ? ["NODE"] : [])
                + [
                    "VOLUME", "CLASS", "STATUS", "OBJECT", "VAULT", "VERSION", "CONFIRMED", "EXPIRES", "CLIENT ID",
                    "TENANT", "MODE", "ERROR",
                ])
        for row in rows {
            let volume = row.volume
            let objects = volume.objects.isEmpty ? [nil] : volume.objects.map(Optional.some)
            for object in objects {
                table.rows.append(
                    [.init(volume.namespace), .init(volume.pod)] + (showsNodes ? [.init(row.node)] : [])
                        + [
                            .init(volume.volumeName), .init(volume.className), row.state,
                            .init(object.map { "\($0.type)/\($0.name)" } ?? ""),
                            .init(object?.vault ?? volume.vault ?? ""),
                            object.map(Row.version) ?? "-", row.confirmed(object?.confirmedAt),
                            row.expiry(object?.expiresAt),
                            .init(object?.clientID ?? volume.identity?.clientID ?? ""),
                            .init(volume.identity?.tenantID ?? ""), .init(volume.identity?.mode ?? ""), row.error,
                        ])
            }
        }
        return table.text(style)
    }

    /// Returns a block for each volume, with a line for each object.
    package func details(_ style: TextStyle) -> String {
        rows.map { $0.details(style, showsNode: showsNodes) }.joined(separator: "\n")
            + unknownPods.map { pod in
                let node = pod.node.isEmpty ? "no node yet" : "the provider on \(pod.node) has not been asked for it"
                return style("\(pod.namespace)/\(pod.pod)".printable, .bold) + "\n"
                    + "  Class   \(pod.className.printable)\n  Status  unknown: \(node.printable)\n"
            }.joined(separator: "\n")
    }
}

extension StatusReport.Row {
    fileprivate typealias Cell = StatusTable.Cell

    /// The number of days below which an expiry is shown as a warning.
    private static let daysOfWarning = 14

    fileprivate var state: Cell {
        if volume.isGone { return Cell("Gone", .dim) }
        switch volume.state {
        case .ok: return Cell("OK", .green)
        case .stale: return Cell("Stale", .yellow)
        case .failing: return Cell("Failing", .red)
        }
    }

    fileprivate func confirmed(_ moment: Int?) -> Cell { Cell(moment.map { Age.text(time - $0) } ?? "") }

    fileprivate var refresh: Cell {
        guard let moment = volume.nextRefreshAt else { return "-" }
        return moment <= time ? "due" : Cell("in \(Age.text(moment - time))")
    }

    fileprivate func expiry(_ moment: Int?) -> Cell {
        guard let moment else { return "-" }
        guard moment > time else { return Cell("expired", .red) }
        return Cell(Age.text(moment - time), moment - time < Self.daysOfWarning * 86400 ? .yellow : nil)
    }

    fileprivate var error: Cell {
        guard let error = volume.lastError, let since = error.since else { return "-" }
        return Cell("\(error.code) (\(Age.text(time - since)))", volume.state == .failing ? .red : .yellow)
    }

    fileprivate static func version(_ object: ObjectStatus) -> Cell {
        object.version.map { Cell($0) } ?? Cell("missing", .yellow)
    }

    fileprivate func details(_ style: TextStyle, showsNode: Bool) -> String {
        var fields: [(name: String, value: String)] = [
            ("Volume", volume.volumeName), ("Class", volume.className), ("Status", stateText),
        ]
        if showsNode { fields.append(("Node", node)) }
        if let identity = volume.identity {
            let client = identity.clientID.isEmpty ? "" : "\(identity.clientID), "
            fields.append(("Identity", "\(client)\(identity.mode), tenant \(identity.tenantID)"))
        }
        fields.append(("Account", volume.serviceAccount))
        fields.append(("Last mount", "\(Age.text(time - volume.lastMountAt)) ago"))
        if volume.state == .failing {
            fields.append(
                ("Last success", volume.lastSuccessAt.map { "\(Age.text(time - $0)) ago" } ?? "never"))
        }
        if volume.nextRefreshAt != nil { fields.append(("Next refresh", refresh.text)) }
        if let error = volume.lastError {
            let age = "\(Age.text(time - error.at)) ago"
            fields.append(("Last error", error.since == nil ? "\(age), works again since" : age))
            fields.append(("", error.message.replacing("\n", with: " ")))
        }
        let width = (fields.map(\.name.count).max() ?? 0) + 2
        var text = style("\(volume.namespace)/\(volume.pod)".printable, .bold) + "\n"
        for (name, value) in fields {
            let padding = String(repeating: " ", count: width - name.count)
            text += "  \(name)\(padding)\((value.isEmpty ? "-" : value).printable)\n"
        }
        guard !volume.objects.isEmpty else { return text }
        let ownClients = volume.objects.contains { $0.clientID != nil }
        var table = StatusTable(
            header: ["OBJECT", "VAULT", "VERSION", "CONFIRMED", "EXPIRES"] + (ownClients ? ["CLIENT ID"] : []))
        for object in volume.objects {
            table.rows.append(
                [
                    .init("\(object.type)/\(object.name)"),
                    .init(object.vault + (object.isFromFallback ? " (fallback)" : "")), Self.version(object),
                    confirmed(object.confirmedAt), expiry(object.expiresAt),
                ] + (ownClients ? [.init(object.clientID ?? "")] : []))
        }
        text += "\n" + table.text(style, indentation: 2)
        return volume.omittedObjects == 0 ? text : text + "  and \(volume.omittedObjects) more objects\n"
    }

    private var stateText: String {
        if volume.isGone {
            return "gone: the driver no longer asks for the volume, as if its pod were deleted"
        }
        switch volume.state {
        case .ok: return "OK"
        case .stale: return "stale: the vault could not be asked, so the pod has the last known values"
        case .failing where volume.lastSuccessAt != nil: return "failing: the pod keeps the files that it has"
        case .failing: return "failing: the pod cannot start, or keeps files from before the provider's start"
        }
    }
}
