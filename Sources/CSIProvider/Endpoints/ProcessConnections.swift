/// The TCP connections of this process. `/proc/self/net` lists all connections of the network namespace, which is the
/// node's, so only sockets that this process has open are shown.
enum ProcessConnections {
    private static let states = [
        "01": "ESTABLISHED", "02": "SYN_SENT", "03": "SYN_RECV", "04": "FIN_WAIT1", "05": "FIN_WAIT2",
        "06": "TIME_WAIT", "07": "CLOSE", "08": "CLOSE_WAIT", "09": "LAST_ACK", "0A": "LISTEN", "0B": "CLOSING",
    ]

    static func text() -> String {
        let own = Set(ProcFS.descriptors().filter { $0.hasPrefix("socket:[") }.map { $0.dropFirst(8).dropLast() })
        let lines = ["/proc/self/net/tcp", "/proc/self/net/tcp6"].flatMap { table in
            ProcFS.read(table).split(separator: "\n").dropFirst().compactMap { line -> String? in
                let fields = line.split(separator: " ")
                guard fields.count > 9, own.contains(fields[9]) else { return nil }
                let state = states[String(fields[3])] ?? String(fields[3])
                return state == "LISTEN"
                    ? "\(state) \(address(fields[1]))" : "\(state) \(address(fields[1])) -> \(address(fields[2]))"
            }
        }
        return "\(lines.count) connections\n\n" + lines.sorted().joined(separator: "\n") + "\n"
    }

    /// Converts the kernel's notation of an address: `0100007F:1F90` is 127.0.0.1:8080. The kernel writes an address as
    /// words in the byte order of the machine.
    static func address(_ text: some StringProtocol) -> String {
        let parts = text.split(separator: ":")
        guard parts.count == 2, let port = UInt16(parts[1], radix: 16) else { return String(text) }
        var words: [UInt32] = []
        var rest = parts[0][...]
        while !rest.isEmpty {
            guard let word = UInt32(rest.prefix(8), radix: 16) else { return String(text) }
            words.append(word)
            rest = rest.dropFirst(8)
        }
        let bytes = words.flatMap { word in withUnsafeBytes(of: word) { Array($0) } }
        if bytes.count == 4 { return "\(bytes.map(String.init).joined(separator: ".")):\(port)" }
        guard bytes.count == 16 else { return String(text) }
        if bytes.prefix(12) == [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF] {
            return "\(bytes.suffix(4).map(String.init).joined(separator: ".")):\(port)"
        }
        let groups = stride(from: 0, to: 16, by: 2).map {
            String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
        }
        return "[\(groups.joined(separator: ":"))]:\(port)"
    }
}
