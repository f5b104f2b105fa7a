internal import Budgets
package import SecretMemory
internal import Shaping

/// The pure steps that turn an object's content in the vault into its files. Only this type knows the steps and their
/// order.
package struct ObjectPipeline: Sendable {
    /// The first step, which writes the whole value as upstream does, byte for byte.
    package var conversion: ContentConversion

    package init(_ conversion: ContentConversion) {
        self.conversion = conversion
    }

    /// Returns the files of `item`, which was fetched for `object`. `others` are the volume's other objects. The work
    /// is charged to the mount's budget; throws if the content cannot be transformed or the budget is spent.
    func files(
        of item: VaultItem, for object: KeyVaultObject, among others: ObjectContents
    ) throws(ProviderError) -> [ConvertedFile] {
        // 1. Write the whole value as upstream does, or the requested parts of a certificate.
        var files: [ConvertedFile]
        if let outputs = object.outputs {
            files = try outputs.files(of: item, object: object, others: others)
        } else {
            files = try conversion.files(for: item, object: object)
        }
        // 2. Extract a part of it, or split it into several files.
        if let shaping = object.shaping {
            var shaped: [ConvertedFile] = []
            for file in files where file.suffix.isEmpty { shaped += try shaping.files(of: file, object: object) }
            files = shaped
        }
        // 3. Trim and encode the bytes.
        for index in files.indices { files[index].contents = object.form.applied(to: files[index].contents) }
        try Self.spend(files)
        return files
    }

    /// Returns the version of `content` that is reported to the driver. It is the vault's version if `object` is
    /// written as the vault holds it, and otherwise one that changes whenever the files' bytes can change.
    func version(of content: FetchedVersion, for object: KeyVaultObject, among others: ObjectContents) -> String {
        var parts = object.shape.map { [$0] } ?? []
        // The shape holds only the name of a key store's password, so the password's version is added here.
        for name in object.outputs?.passwordNames ?? [] { parts.append(others.version(of: name)) }
        if object.outputs == nil, case .secret(let bundle) = content.item, bundle.isCertificate {
            if !conversion.constructsChain { parts.append("no chain") }
            if conversion.separatesCertificateAndKey { parts.append("separate files") }
        }
        return parts.isEmpty ? content.version : "\(content.version)-\(ObjectShape.digest(of: parts))"
    }

    /// Returns the content of `item` for other files, such as templates or key stores: decoded, shaped and trimmed, but
    /// not encoded.
    func content(of item: VaultItem, for object: KeyVaultObject) throws(ProviderError) -> SecretBytes? {
        let files = try conversion.files(for: item, object: object)
        try Self.spend(files)
        guard var file = files.last else { return nil }
        if let shaping = object.shaping {
            file.contents = try shaping.content(of: file.contents, object: object)
        }
        return object.form.trimmed(file.contents)
    }
}

extension ObjectPipeline {
    private static func spend(_ files: [ConvertedFile]) throws(ProviderError) {
        let bytes = files.reduce(0) { $0 + $1.contents.count }
        guard MountBudget.spend(bytes: bytes, on: .converting) else {
            throw ProviderError(.limitExceeded, "the volume's contents take too much work")
        }
    }
}

/// The contents of a volume's objects, by the names that the class gives them. Each content is made only once, even if
/// several files need it. Use it from one thread only.
package final class ObjectContents {
    private let objects: [(object: KeyVaultObject, versions: [FetchedVersion])]
    private let pipeline: ObjectPipeline
    /// The index of each object by its path and by its name. If several objects share one, the first wins.
    private lazy var indices = Indices(objects.map(\.object))
    /// The contents made so far, by the index of the object.
    private var contents: [Int: Result<SecretBytes?, ProviderError>] = [:]

    init(_ objects: [(object: KeyVaultObject, versions: [FetchedVersion])], _ pipeline: ObjectPipeline) {
        self.objects = objects
        self.pipeline = pipeline
    }

    private struct Indices {
        var byPath: [ByteKey: Int] = [:]
        var byName: [ByteKey: Int] = [:]

        init(_ objects: [KeyVaultObject]) {
            for (index, object) in objects.enumerated().reversed() {
                byPath[ByteKey(object.path.utf8)] = index
                byName[ByteKey(object.name.utf8)] = index
            }
        }
    }

    /// Returns the newest content of the object with this `objectAlias`, or else with this `objectName`. The result is
    /// nil if no object has that name, or if the vault does not have the object and its settings define no substitute.
    package func content(of name: String) throws(ProviderError) -> SecretBytes? {
        guard let index = find(name) else { return nil }
        if let known = contents[index] { return try known.get() }
        let (object, versions) = objects[index]
        let content = Result { () throws(ProviderError) -> SecretBytes? in
            if let version = versions.first { return try pipeline.content(of: version.item, for: object) }
            return object.missing.content
        }
        contents[index] = content
        return try content.get()
    }

    /// Returns the format in which the content of that name is parsed when a template refers to one of its members.
    func format(of name: String) -> ContentDocument.Format {
        find(name).flatMap { objects[$0].object.shaping?.contentFormat } ?? .json
    }

    /// Returns a text that changes whenever the content of that name can change; it is empty if no object has the name.
    func version(of name: String) -> String {
        guard let index = find(name) else { return "" }
        let (object, versions) = objects[index]
        guard let version = versions.first?.version else { return object.missing.version }
        return object.shape.map { "\(version)-\($0)" } ?? version
    }

    private func find(_ name: String) -> Int? {
        let key = ByteKey(name.utf8)
        return indices.byPath[key] ?? indices.byName[key]
    }
}

extension MissingObject {
    /// The version reported for the substitute.
    var version: String {
        if case .text(let text) = self { "missing-\(ObjectShape.digest(of: [text]))" } else { "missing" }
    }

    /// The content of the substitute; nil if the object has none.
    var content: SecretBytes? {
        switch self {
        case .fail, .skip: nil
        case .empty: SecretBytes([])
        case .text(let text): SecretBytes(text)
        }
    }
}
