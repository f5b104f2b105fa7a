internal import Documents
internal import SecretMemory
internal import Shaping

extension ObjectShaping {
    /// Returns the files made of `file`, which holds the object's whole content.
    func files(of file: ConvertedFile, object: KeyVaultObject) throws(ProviderError) -> [ConvertedFile] {
        var budget = ShapingBudget(bytes: VolumeLimits.maximumBytes)
        do {
            switch outcome {
            case .file:
                var shaped = file
                shaped.contents = try content(of: file.contents, &budget)
                return [shaped]
            case .files(let explode):
                let document = try document(file.contents, &budget)
                return try Self.naming("explode") { () throws(ShapingError) in
                    try explode.files(
                        of: document, path: object.path, pathProblem: MountPath.problem, &budget
                    ).map { path, contents in
                        ConvertedFile(contents: contents, path: path, permission: file.permission)
                    }
                }
            case .envFile(let envFile):
                let document = try document(file.contents, &budget)
                var shaped = file
                shaped.contents = try Self.naming("envFile") { () throws(ShapingError) in
                    try envFile.file(of: try envFile.variables(of: document, &budget), &budget)
                }
                return [shaped]
            }
        } catch {
            throw ProviderError(shaping: error, of: object)
        }
    }

    /// Returns the part of `content` that other files, such as templates, see: the extracted part.
    func content(of content: SecretBytes, object: KeyVaultObject) throws(ProviderError) -> SecretBytes {
        var budget = ShapingBudget(bytes: VolumeLimits.maximumBytes)
        do {
            return try self.content(of: content, &budget)
        } catch {
            throw ProviderError(shaping: error, of: object)
        }
    }

    /// The format in which other files parse that part.
    var contentFormat: ContentDocument.Format { extract == nil ? format : .json }

    private func content(
        of content: SecretBytes, _ budget: inout ShapingBudget
    ) throws(ShapingError) -> SecretBytes {
        guard let extract else { return content }
        return try ContentDocument.file(of: try document(content, &budget), indent: extract.indent, &budget)
    }

    private func document(
        _ content: SecretBytes, _ budget: inout ShapingBudget
    ) throws(ShapingError) -> JSONValue {
        let document = try ContentDocument.parse(content, as: format)
        guard let extract else { return document }
        return try Self.naming("extract") { () throws(ShapingError) in try extract.value(in: document, &budget) }
    }

    private static func naming<Result>(
        _ setting: String, _ body: () throws(ShapingError) -> Result
    ) throws(ShapingError) -> Result {
        do {
            return try body()
        } catch {
            throw ShapingError(error.kind, "\(setting): \(error.reason)")
        }
    }
}

extension ProviderError {
    /// Creates the error of an object whose content could not be transformed.
    init(shaping error: ShapingError, of object: KeyVaultObject) {
        self.init(.contentInvalid, of: object, error.reason, hint: error.hint)
    }

    /// Creates the error of a joined file, named by `place`, whose content could not be made.
    init(shaping error: ShapingError, at place: String) {
        self.init(.contentInvalid, "\(place): \(error.reason)", hint: error.hint)
    }
}

extension ShapingError {
    fileprivate var hint: String {
        switch kind {
        case .missing: "compare the setting with the document in the vault, or give it a default"
        case .malformed: "check the document in the vault, and the format (json or yaml) as which it is read"
        case .tooLarge: "select a smaller part of the document"
        default: "compare the setting with the document in the vault"
        }
    }
}
