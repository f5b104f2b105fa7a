internal import Diagnostics

#if canImport(FoundationEssentials)
    internal import FoundationEssentials
#else
    internal import Foundation
#endif
#if canImport(Glibc)
    internal import Glibc
#endif

/// Finds and reads the manifests that a command names.
enum ManifestFiles {
    struct Failure: Error, CustomStringConvertible {
        var path: String
        var reason: String

        var description: String { "\(path): \(reason)" }

        var finding: Finding { Finding(unreadable: path, reason) }
    }

    /// The files below a directory, in order; a file itself; or standard input for `-`.
    static func read(_ path: String) throws(Failure) -> [ManifestFile] {
        if path == "-" {
            var text = ""
            while let line = readLine(strippingNewline: false) { text += line }
            return [ManifestFile(path: "<stdin>", text: text)]
        }
        var isDirectory = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw Failure(path: path, reason: "there is no such file")
        }
        guard isDirectory else { return [try file(path)] }
        let names: [String]
        do {
            names = try FileManager.default.subpathsOfDirectory(atPath: path)
        } catch {
            throw Failure(path: path, reason: "the directory cannot be read")
        }
        let base = path.hasSuffix("/") ? path : "\(path)/"
        // A chart's templates are no manifests before Helm has rendered them.
        let templates = names.filter { $0 == "Chart.yaml" || $0.hasSuffix("/Chart.yaml") }.map {
            $0.dropLast("Chart.yaml".count) + "templates/"
        }
        let manifests = names.filter { name in
            [".yaml", ".yml", ".json"].contains { name.hasSuffix($0) } && !templates.contains { name.hasPrefix($0) }
        }.sorted()
        guard !manifests.isEmpty else { throw Failure(path: path, reason: "the directory holds no manifest") }
        var files: [ManifestFile] = []
        for name in manifests { files.append(try file(base + name)) }
        return files
    }

    private static func file(_ path: String) throws(Failure) -> ManifestFile {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(path: path, reason: "the file cannot be read")
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Failure(path: path, reason: "the file is not UTF-8")
        }
        return ManifestFile(path: path, text: text)
    }
}

extension TextStyle {
    /// Colours on a terminal, unless NO_COLOR (https://no-color.org) or a dumb terminal forbids them.
    static var terminal: TextStyle {
        let environment = ProcessInfo.processInfo.environment
        let isWanted = (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
        return TextStyle(isColoured: isWanted && isatty(STDOUT_FILENO) == 1)
    }
}
