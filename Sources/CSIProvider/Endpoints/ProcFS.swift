internal import Documents
internal import FoundationEssentials

/// What the kernel tells of this process under `/proc/self`. What cannot be read is empty.
enum ProcFS {
    /// The longest is the list of the process's memory areas.
    private static let maximumBytes = 64 << 20

    static func read(_ path: String) -> String {
        String(decoding: (try? SmallFile.bytes(of: path, limit: maximumBytes)) ?? [], as: UTF8.self)
    }

    static func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    /// Where each open file descriptor leads, such as `socket:[123]` or a path.
    static func descriptors() -> [String] {
        names(in: "/proc/self/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }
    }

    /// One line of `stat`, proc_pid_stat(5).
    struct Stat {
        var name: String
        var state: String
        /// Processor time, in clock ticks.
        var ticks: Int
        /// When it started, in clock ticks since the machine did.
        var startTicks: Int
        var virtualBytes: Int
        var residentPages: Int

        init?(_ line: String) {
            // The name stands in parentheses and may hold any character, another parenthesis too.
            guard let open = line.firstIndex(of: "("), let close = line.lastIndex(of: ")"), open < close else {
                return nil
            }
            let fields = line[line.index(after: close)...].split(separator: " ")
            guard fields.count > 21, let user = Int(fields[11]), let system = Int(fields[12]) else { return nil }
            name = String(line[line.index(after: open)..<close])
            state = String(fields[0])
            ticks = user + system
            startTicks = Int(fields[19]) ?? 0
            virtualBytes = Int(fields[20]) ?? 0
            residentPages = Int(fields[21]) ?? 0
        }
    }
}
