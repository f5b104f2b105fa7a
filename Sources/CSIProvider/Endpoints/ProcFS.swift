internal import Documents
internal import FoundationEssentials

/// Reads facts about this process from `/proc/self`. A file that cannot be read counts as empty.
enum ProcFS {
    /// The maximum size of one file in bytes. The longest file is the list of the process's memory areas.
    private static let maximumBytes = 64 << 20

    static func read(_ path: String) -> String {
        String(decoding: (try? SmallFile.bytes(of: path, limit: maximumBytes)) ?? [], as: UTF8.self)
    }

    static func names(in directory: String) -> [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: directory)) ?? []
    }

    /// Returns the target of each open file descriptor, such as `socket:[123]` or a path.
    static func descriptors() -> [String] {
        names(in: "/proc/self/fd").compactMap {
            try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\($0)")
        }
    }

    /// The fields of one line of `stat`, see proc_pid_stat(5).
    struct Stat {
        var name: String
        var state: String
        /// The processor time in clock ticks.
        var ticks: Int
        /// The start time of the process or thread, in clock ticks since the machine started.
        var startTicks: Int
        var virtualBytes: Int
        var residentPages: Int

        init?(_ line: String) {
            // The name is in parentheses and can contain any character, including parentheses.
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
