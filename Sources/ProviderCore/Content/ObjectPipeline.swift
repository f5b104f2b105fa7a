internal import Budgets
package import SecretMemory
internal import Shaping

/// From what the vault holds under a name to the files of one object, as a row of pure steps. This is the
/// one place that says which steps there are and in which order.
package struct ObjectPipeline: Sendable {
    /// Upstream's way, byte for byte.
    package var conversion: ContentConversion

    package init(_ conversion: ContentConversion) {
        self.conversion = conversion
    }

    /// The files of `item`, which was fetched for `object`. `others` are the volume's other objects.
    func files(
        of item: VaultItem, for object: KeyVaultObject, among others: ObjectContents
    ) throws(ProviderError) -> [ConvertedFile] {
        // 1. The whole value as upstream writes it, or the parts of a certificate that were asked for.
        var files: [ConvertedFile]
        if let outputs = object.outputs {
            files = try outputs.files(of: item, object: object, others: others)
        } else {
            files = try conversion.files(for: item, object: object)
        }
        // 2. A part of it, or files of its parts.
        if let shaping = object.shaping {
            var shaped: [ConvertedFile] = []
            for file in files where file.suffix.isEmpty { shaped += try shaping.files(of: file, object: object) }
            files = shaped
        }
        // 3. The bytes' form.
        for index in files.indices { files[index].contents = object.form.applied(to: files[index].contents) }
        try Self.spend(files)
        return files
    }

    /// The version of `content` as reported to the driver: the vault's own where `object` is written as the vault
    /// holds it,
    /// and else one that changes whenever the bytes can change.
    func version(of content: FetchedVersion, for object: KeyVaultObject, among others: ObjectContents) -> String {
        var parts = object.shape.map { [$0] } ?? []
        // The password of a key store, whose name is in the shape.
        for name in object.outputs?.passwordNames ?? [] { parts.append(others.version(of: name)) }
        if object.outputs == nil, case .secret(let bundle) = content.item, bundle.isCertificate {
            if !conversion.constructsChain { parts.append("no chain") }
            if conversion.separatesCertificateAndKey { parts.append("separate files") }
        }
        return parts.isEmpty ? content.version : "\(content.version)-\(ObjectShape.digest(of: parts))"
    }

    /// The content of `item` for others, such as a template or a password: decoded, shaped and trimmed, but
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

/// The contents of a volume's objects, by the names that the class gives them. A content that several files need is made
/// once. For one thread.
package final class ObjectContents {
    private let objects: [(object: KeyVaultObject, versions: [FetchedVersion])]
    private let pipeline: ObjectPipeline
    /// The indices of the objects, by their paths and by their names; the first of several with the same.
    private lazy var indices = Indices(objects.map(\.object))
    /// What has been made so far, by the index of the object.
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

    /// The newest content of the object with this `objectAlias`, or else with this `objectName`; nil when no
    /// object has it, or the vault does not have the object and nothing stands for it.
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

    /// How that content is read when a member of it is wanted.
    func format(of name: String) -> ContentDocument.Format {
        find(name).flatMap { objects[$0].object.shaping?.contentFormat } ?? .json
    }

    /// Another text whenever the content of that name can be another; empty when no object has the name.
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
    /// The version of what stands for the object.
    var version: String {
        if case .text(let text) = self { "missing-\(ObjectShape.digest(of: [text]))" } else { "missing" }
    }

    /// What stands for the object; nil when nothing does.
    var content: SecretBytes? {
        switch self {
        case .fail, .skip: nil
        case .empty: SecretBytes([])
        case .text(let text): SecretBytes(text)
        }
    }
}
