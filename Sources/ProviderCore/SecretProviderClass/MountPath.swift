/// The rules for a file's path inside the volume: upstream's, then those of the driver's writer,
/// which would otherwise fail the whole mount without saying which object is at fault.
package enum MountPath {
    private static let maximumElementBytes = 255
    private static let maximumBytes = 4000

    /// What is wrong with `path`; nil if nothing.
    package static func problem(with path: String) -> String? {
        // As bytes throughout: to Swift a slash or dot with a combining mark is another character, to the
        // driver and the kernel it is not.
        let slash = UInt8(ascii: "/")
        let dot = UInt8(ascii: ".")
        let bytes = path.utf8
        if bytes.isEmpty { return "file name must not be empty" }
        if bytes.first == slash { return "file name must be a relative path" }
        if zip(bytes, bytes.dropFirst()).contains(where: { $0 == dot && $1 == dot }) {
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

    /// The first pair of paths that cannot both be files of one volume: the same path twice, or one
    /// that is a directory of the other. As indices into `paths`, the smaller first.
    package static func conflict(among paths: [String]) -> (Int, Int)? {
        // Two texts that are the same to Swift, composed and decomposed, are two files to the kernel.
        let paths = paths.map { Array($0.utf8) }
        var owner: [[UInt8]: Int] = [:]
        for (index, path) in paths.enumerated() {
            if let other = owner[path] { return (other, index) }
            owner[path] = index
        }
        // Only a directory as long as some path can be one, which keeps paths of many slashes cheap.
        let lengths = Set(paths.map(\.count))
        for (index, path) in paths.enumerated() {
            for (end, byte) in path.enumerated() where byte == UInt8(ascii: "/") && lengths.contains(end) {
                if let other = owner[Array(path[..<end])] { return (min(other, index), max(other, index)) }
            }
        }
        return nil
    }
}
