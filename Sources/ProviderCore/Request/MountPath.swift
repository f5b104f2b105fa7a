internal import Budgets
internal import SecretMemory

/// The rules for a file's path in the volume: upstream's rules, and those of the driver's file writer. The writer would
/// fail the whole mount without naming the object.
package enum MountPath {
    private static let maximumElementBytes = 255
    static let maximumBytes = 4000

    /// Returns the rule that `path` breaks, or nil if the path is valid.
    package static func problem(with path: String) -> String? {
        // The comparison is by bytes: in Swift, a slash or dot with a combining mark is a different character, but the
        // driver and the kernel see the slash or dot.
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        let bytes = path.utf8
        if isPlainName(bytes) { return nil }
        if bytes.isEmpty { return "file name must not be empty" }
        if bytes.first == slash { return "file name must be a relative path" }
        if bytes.containsTwoDots {
            return "file name must not contain '..'"
        }
        if bytes.contains(0) { return "file name must not contain a zero byte" }
        let elements = bytes.split(separator: slash, omittingEmptySubsequences: false)
        if elements.contains(where: { $0.isEmpty || $0.elementsEqual([dot]) }) {
            return "file name must be in its shortest form, without '.', '//' or a '/' at the end"
        }
        if elements.contains(where: { $0.count > maximumElementBytes }) {
            return "file name has an element of more than \(maximumElementBytes) bytes"
        }
        if bytes.count > maximumBytes { return "file name has more than \(maximumBytes) bytes" }
        return nil
    }

    /// Whether the path is a single plain element, as nearly all paths are, so that the other checks can be skipped.
    private static func isPlainName(_ bytes: String.UTF8View) -> Bool {
        (2...maximumElementBytes).contains(bytes.count) && !bytes.containsTwoDots
            && bytes.allSatisfy { $0 != UInt8(ascii: "/") && $0 != 0 }
    }

    /// Returns the first two paths that cannot both be files of one volume: the same path twice, or one that is a
    /// directory of the other. The result holds indices into `paths`, the smaller first.
    package static func conflict(among paths: [String]) -> (Int, Int)? {
        // Two texts that Swift treats as equal, composed and decomposed, are two different files to the kernel.
        let paths = paths.map { ByteKey($0.utf8) }
        guard MountBudget.spend(steps: paths.reduce(0) { $0 + 2 + $1.bytes.count / 16 }, on: .comparing) else {
            return nil
        }
        var owner = [ByteKey: Int](minimumCapacity: paths.count)
        for (index, path) in paths.enumerated() {
            if let other = owner[path] { return (other, index) }
            owner[path] = index
        }
        // A prefix is checked only if its length is that of some path, which keeps paths with many slashes cheap.
        let slash = UInt8(ascii: "/")
        guard paths.contains(where: { $0.bytes.contains(slash) }) else { return nil }
        let lengths = Set(paths.map(\.bytes.count))
        for (index, path) in paths.enumerated() {
            for (end, byte) in path.bytes.enumerated() where byte == slash && lengths.contains(end) {
                guard MountBudget.spend(steps: 2 + end / 16, on: .comparing) else { return nil }
                if let other = owner[ByteKey(path.bytes[..<end])] { return (min(other, index), max(other, index)) }
            }
        }
        return nil
    }
}
