internal import Crypto
internal import Foundation

/// The expected result of a mount: files and versions, or an error.
package struct MountExpectation: Decodable, Sendable {
    package var files: [String: File]?
    /// The ids in the response's order, each with `@version` if the version is compared too.
    package var versions: [String]?
    package var error: Failure?

    enum CodingKeys: String, CodingKey, CaseIterable { case files, versions, error }

    /// A file's contents in one or several of these forms, and its mode, which is 0644 if it is absent.
    package struct File: Decodable, Sendable {
        package var text: String?
        package var base64: String?
        package var sha256: String?
        package var startsWith: String?
        package var mode: String?

        enum CodingKeys: String, CodingKey, CaseIterable { case text, base64, sha256, startsWith, mode }
    }

    package struct Failure: Decodable, Sendable {
        /// The name of the gRPC code.
        package var code: String
        /// The stable id in square brackets; each of several failures has its own.
        package var id: String
        package var words: [String]?

        enum CodingKeys: String, CodingKey, CaseIterable { case code, id, words }
    }
}

/// The result of a mount.
package enum MountOutcome: Sendable {
    package struct File: Sendable {
        package var path: String
        package var mode: Int32
        package var contents: [UInt8]

        package init(path: String, mode: Int32, contents: [UInt8]) {
            (self.path, self.mode, self.contents) = (path, mode, contents)
        }
    }

    case files([File], versions: [(id: String, version: String)])
    case failure(code: String, message: String)
}

extension MountExpectation {
    /// Every difference between `outcome` and the expected result; empty if the case passes.
    /// An error must not contain any text of `unspeakable`.
    package func differences(
        from outcome: MountOutcome, _ fill: Placeholders, unspeakable: [String] = []
    ) async throws -> [String] {
        switch outcome {
        case .files(let files, let versions):
            guard error == nil else { return ["it mounts \(files.map(\.path)) instead of failing"] }
            return try await differences(files, versions, fill)
        case .failure(let code, let message):
            var differences = error?.differences(code: code, message: message) ?? ["it fails with \(code): \(message)"]
            for text in unspeakable where message.contains(text) { differences.append("the message holds \(text)") }
            return differences
        }
    }

    private func differences(
        _ actual: [MountOutcome.File], _ actualVersions: [(id: String, version: String)], _ fill: Placeholders
    ) async throws -> [String] {
        var differences: [String] = []
        let expected = files ?? [:]
        let paths = actual.map(\.path).sorted()
        if paths != expected.keys.sorted() {
            differences.append("the files are \(paths), not \(expected.keys.sorted())")
        }
        for file in actual {
            guard let wanted = expected[file.path] else { continue }
            differences += try await wanted.differences(from: file, fill)
        }
        // The driver puts the versions into a map, and fails a mount without versions. Only a case that names the ids
        // may have a different number of files and versions.
        if versions == nil, actualVersions.count != actual.count {
            differences.append("there are \(actualVersions.count) versions")
        }
        for (id, version) in actualVersions where version.isEmpty { differences.append("\(id) has no version") }
        if let versions {
            let shown = zip(actualVersions, versions).map { actual, wanted in
                wanted.contains("@") ? "\(actual.id)@\(actual.version)" : actual.id
            }
            if shown != versions || actualVersions.count != versions.count {
                differences.append("the versions are \(actualVersions), not \(versions)")
            }
        }
        return differences
    }
}

extension MountExpectation.File {
    func differences(from file: MountOutcome.File, _ fill: Placeholders) async throws -> [String] {
        var differences: [String] = []
        func shown(_ bytes: some Sequence<UInt8>) -> String {
            String(reflecting: String(decoding: Array(bytes).prefix(2000), as: UTF8.self))
        }
        if let text {
            let wanted = try await fill(text)
            if Array(wanted.utf8) != file.contents {
                differences.append("\(file.path) holds \(shown(file.contents)), not \(shown(wanted.utf8))")
            }
        }
        if let base64, Data(file.contents).base64EncodedString() != (try await fill(base64)) {
            differences.append("\(file.path) holds \(Data(file.contents).base64EncodedString()), not \(base64)")
        }
        if let startsWith, !file.contents.starts(with: try await fill(startsWith).utf8) {
            differences.append("\(file.path) begins with \(shown(file.contents.prefix(100)))")
        }
        if let sha256 {
            let digits = SHA256.hash(data: file.contents).map {
                String($0 >> 4, radix: 16) + String($0 & 15, radix: 16)
            }
            if digits.joined() != sha256 { differences.append("\(file.path) has the SHA-256 \(digits.joined())") }
        }
        if text == nil, base64 == nil, startsWith == nil, sha256 == nil {
            differences.append("nothing is expected of \(file.path)'s contents")
        }
        let wantedMode = mode ?? "0644"
        let digits = String(file.mode, radix: 8)
        let actualMode = String(repeating: "0", count: max(0, 4 - digits.count)) + digits
        if actualMode != wantedMode { differences.append("\(file.path) has mode \(actualMode), not \(wantedMode)") }
        return differences
    }
}

extension MountExpectation.Failure {
    func differences(code actual: String, message: String) -> [String] {
        var differences: [String] = []
        if actual != code { differences.append("the code is \(actual), not \(code)") }
        for word in ["[\(id)]"] + (words ?? []) where !message.contains(word) {
            differences.append("the message lacks '\(word)'")
        }
        if !Self.isWholeInEvent(message) { differences.append("an event would not show the whole fix") }
        if !differences.isEmpty { differences.append("the message is: \(message)") }
        return differences
    }

    /// Whether code, cause and fix of the first entry fit into the driver's share of an event's 1024 bytes.
    private static func isWholeInEvent(_ message: String) -> Bool {
        let event = String(decoding: message.utf8.prefix(1024 - 150), as: UTF8.self)
        guard let fix = event.firstRange(of: ". Fix: ") ?? event.firstRange(of: "… Fix: ") else {
            // For some refusals, a fix is not known.
            return event.contains(". — ")
        }
        return event == message || [" — ", "\n"].contains { event[fix.upperBound...].contains($0) }
    }
}
