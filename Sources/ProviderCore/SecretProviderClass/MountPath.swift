/// The rules for a file's path inside the volume: upstream's, then those of the driver's writer,
/// which would otherwise fail the whole mount without saying which object is at fault.
package enum MountPath {
    private static let maximumElementBytes = 255
    private static let maximumBytes = 4000

    /// What is wrong with `path`; nil if nothing.
    package static func problem(with path: String) -> String? {
        if path.isEmpty { return "file name must not be empty" }
        if path.hasPrefix("/") { return "file name must be a relative path" }
        if path.contains("..") { return "file name must not contain '..'" }
        if path.utf8.contains(0) { return "file name must not contain a zero byte" }
        let elements = path.split(separator: "/", omittingEmptySubsequences: false)
        if elements.contains(where: { $0.isEmpty || $0 == "." }) {
            return "file name must be in its shortest form, without '.', '//' or a '/' at the end"
        }
        if elements.contains(where: { $0.utf8.count > maximumElementBytes }) {
            return "file name has an element of more than \(maximumElementBytes) bytes"
        }
        if path.utf8.count > maximumBytes { return "file name has more than \(maximumBytes) bytes" }
        return nil
    }

    /// The first pair of paths that cannot both be files of one volume: the same path twice, or one
    /// that is a directory of the other. As indices into `paths`, the smaller first.
    package static func conflict(among paths: [String]) -> (Int, Int)? {
        var owner: [String: Int] = [:]
        for (index, path) in paths.enumerated() {
            if let other = owner[path] { return (other, index) }
            owner[path] = index
        }
        for (index, path) in paths.enumerated() {
            var end = path.startIndex
            while let slash = path[end...].firstIndex(of: "/") {
                if let other = owner[String(path[..<slash])] { return (min(other, index), max(other, index)) }
                end = path.index(after: slash)
            }
        }
        return nil
    }
}
