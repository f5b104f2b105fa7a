internal import Budgets
internal import SecretMemory

/// The rules for a file's path inside the volume: upstream's, then those of the driver's writer,
/// which would otherwise fail the whole mount without saying which object is at fault.
package enum MountPath {
    private static let maximumElementBytes = 255
    static let maximumBytes = 4000

    /// What is wrong with `path`; nil if nothing.
    package static func problem(with path: String) -> String? {
        // As bytes throughout: to Swift a slash or dot with a combining mark is another character, to the
        // driver and the kernel it is not.
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

    /// Whether it is what nearly all are: one element, about which nothing needs to be said.
    private static func isPlainName(_ bytes: String.UTF8View) -> Bool {
        (2...maximumElementBytes).contains(bytes.count) && !bytes.containsTwoDots
            && bytes.allSatisfy { $0 != UInt8(ascii: "/") && $0 != 0 }
    }

    /// The first pair of paths that cannot both be files of one volume: the same path twice, or one
    /// that is a directory of the other. As indices into `paths`, the smaller first.
    package static func conflict(among paths: [String]) -> (Int, Int)? {
        // Two texts that are the same to Swift, composed and decomposed, are two files to the kernel.
        let paths = paths.map { ByteKey($0.utf8) }
        guard MountBudget.spend(steps: paths.reduce(0) { $0 + 2 + $1.bytes.count / 16 }, on: .comparing) else {
            return nil
        }
        var owner = [ByteKey: Int](minimumCapacity: paths.count)
        for (index, path) in paths.enumerated() {
            if let other = owner[path] { return (other, index) }
            owner[path] = index
        }
        // Only a directory as long as some path can be one, which keeps paths of many slashes cheap.
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
