package import Documents

/// The parsed `objects` parameter: a YAML text whose `array` lists objects, each of which is a YAML text again.
///
/// It is parsed as yaml.v3 parses it into upstream's types: scalars are their source text, unknown keys are ignored,
/// duplicate keys are refused, and null list items are skipped. As an extension, an item can be a mapping without the
/// inner quoting.
package struct ObjectsDocument: Sendable {
    package var objects: [KeyVaultObject]
    /// Probable mistakes, such as a key in the wrong letter case.
    package var warnings: [String]

    /// The maximum number of objects in one volume. The driver accepts 4 MiB for a volume, and Kubernetes 1.5 MiB for a
    /// SecretProviderClass, so a longer list is a mistake.
    package static let maximumObjects = 1000

    /// The keys that an object can have in addition to its settings.
    package static let keys = [
        "objectName", "objectType", "objectAlias", "objectVersion", "objectVersionHistory", "objectFormat",
        "objectEncoding", "filePermission",
    ]

    /// Parses and validates all objects. Throws all mistakes as one error.
    package static func parse(
        _ text: String, settings: ClassSettings = ClassSettings()
    ) -> Result<ObjectsDocument, ProviderError> {
        guard !text.isEmpty else {
            return .failure(
                ProviderError(
                    .parameterMissing, "objects is not set",
                    hint: "set spec.parameters.objects in the SecretProviderClass"
                ).about(parameter: "objects"))
        }
        let items: [(index: Int, node: YAMLNode)]
        do throws(ProviderError) {
            items = try entries(of: text)
        } catch {
            return .failure(error.about(parameter: "objects"))
        }
        var document = ObjectsDocument(objects: [], warnings: [])
        var errors: [ProviderError] = []
        var indices: [Int] = []
        let unknown = UnknownNames()
        for (index, node) in items {
            let report = SettingsReport(unknown: unknown)
            switch validated(node, index, settings, report) {
            case .success(let object):
                document.objects.append(object)
                indices.append(index)
            case .failure(let error): errors.append(error)
            }
            document.warnings += report.warnings
        }
        if unknown.omitted > 0 {
            document.warnings.append("\(unknown.omitted) more unknown keys of objects are ignored")
        }
        if errors.isEmpty, document.objects.isEmpty {
            errors.append(
                ProviderError(.objectsMalformed, "objects is not set: it lists no object, so there is nothing to mount")
            )
        }
        if let (conflict, object) = document.conflict(settings) {
            errors.append(object.map { conflict.about(ErrorPlace(objectIndex: indices[$0])) } ?? conflict)
        }
        if errors.isEmpty { errors += document.danglingPasswords() }
        if errors.isEmpty, let excess = document.excessOfKeystores() { errors.append(excess) }
        if errors.isEmpty { errors += settings.joinedFiles?.problems(among: document.objects) ?? [] }
        if let error = ProviderError.combining(errors) { return .failure(error.about(parameter: "objects")) }
        return .success(document)
    }

    private static func validated(
        _ node: YAMLNode, _ index: Int, _ settings: ClassSettings, _ report: SettingsReport
    ) -> Result<KeyVaultObject, ProviderError> {
        let place = ErrorPlace(objectIndex: index)
        do throws(ProviderError) {
            return try Entry(node, index: index).validated(settings, report).mapError { $0.about(place) }
        } catch {
            return .failure(error.about(place))
        }
    }

    /// Returns the warnings about the keys of one list item, which can also have errors.
    package static func warnings(of item: YAMLNode) -> [String] {
        let report = SettingsReport()
        _ = validated(item, 0, ClassSettings(), report)
        return report.warnings
    }

    /// Returns the name in `names` that was probably meant as the required key `key`, such as `objectname` or `name`
    /// for `objectName`.
    package static func misspelling(of key: String, among names: [String]) -> String? {
        let short = key.dropFirst("object".count).lowercased()
        let unknown = names.filter { !keys.contains($0) }
        return unknown.first { $0.lowercased() == key.lowercased() } ?? unknown.first { $0.lowercased() == short }
            ?? unknown.prefix(UnknownNames.maximum).first { SpellingSuggestion.near($0, among: keys) == key }
    }

    /// Returns the list items as mappings. An item is a mapping, or a text that contains one.
    private static func entries(of text: String) throws(ProviderError) -> [(index: Int, node: YAMLNode)] {
        let failure = "failed to yaml unmarshal objects, error: "
        // All items together have the limit of one document.
        var nodes = 0
        let root: YAMLNode?
        do {
            root = try YAMLParser.parseFirst(text, countingIn: &nodes)
        } catch {
            throw .malformed("objects", failure, error)
        }
        guard let root, !root.isNull else { return [] }
        guard case .mapping(let members, let line) = root else {
            throw .malformed(
                "objects", failure, root, into: "types.StringArray", wanted: "a mapping with the key array",
                hint: "write the line array: first, and the objects as a list below it")
        }
        if let duplicate = YAMLNode.duplicateKey(in: members) {
            throw .malformed("objects", failure, duplicate: duplicate)
        }
        let merged: [YAMLNode.Member]
        do throws(YAMLError) {
            merged = try YAMLNode.merging(members)
        } catch {
            throw .malformed("objects", failure, error)
        }
        guard let array = YAMLNode.mapping(merged, line: line)["array"] else {
            let near = members.compactMap(\.key.scalar?.text).first { $0.lowercased() == "array" }
            throw ProviderError(
                .objectsMalformed,
                "objects is not set: the key array is missing" + (near.map { ", did you mean it by \($0)?" } ?? "")
                    + " (line \(line))")
        }
        if array.isNull { return [] }
        guard let elements = array.sequence else {
            throw .malformed("array in objects", failure, array, into: "[]string", wanted: "a list of objects")
        }
        guard elements.count <= maximumObjects else {
            throw ProviderError(
                .objectsMalformed,
                "objects lists \(elements.count) objects; the limit of one volume is \(maximumObjects)",
                hint: "spread the objects over several SecretProviderClasses, each with a volume of its own")
        }
        var items: [(index: Int, node: YAMLNode)] = []
        for (index, element) in elements.enumerated() {
            switch element {
            case .mapping: items.append((index, element))
            case .sequence:
                throw .malformed(
                    "object \(index + 1) of array", failure, element, into: "string",
                    wanted: "lines of key: value")
            case .scalar(let scalar):
                if scalar.isNull { continue }
                let inner: YAMLNode?
                do {
                    inner = try YAMLParser.parseFirst(scalar.text, countingIn: &nodes)
                } catch {
                    throw ProviderError.malformed(
                        "object \(index + 1) of array",
                        "unmarshal failed for keyVaultObjects at index \(index), error: ", error
                    ).about(ErrorPlace(objectIndex: index))
                }
                items.append((index, inner ?? .mapping([], line: scalar.line)))
            }
        }
        return items
    }

    /// Returns an error for two known files that cannot both exist, with the index of the object that the second file
    /// belongs to.
    func conflict(_ settings: ClassSettings) -> (ProviderError, object: Int?)? {
        typealias Claim = (path: String, shown: String, owner: String, object: Int?)
        let claims: [Claim] =
            objects.enumerated().flatMap { index, object in
                let paths = object.declaredPaths
                return paths.map { path -> Claim in
                    let shown = paths.count == 1 ? object.path : path
                    return (path, shown, "\(object.type.rawValue) \(object.name)", index)
                }
            } + settings.declaredPaths.map { ($0.path, $0.path, $0.parameter, nil) }
        guard let (first, second) = MountPath.conflict(among: claims.map(\.path)) else { return nil }
        let (a, b) = (claims[first], claims[second])
        let message =
            a.shown == b.shown
            ? "two objects have the same path \(a.shown): \(a.owner) and \(b.owner)"
            : "path \(a.shown) of \(a.owner) and path \(b.shown) of \(b.owner) "
                + "cannot both exist: one would have to be a file and a directory"
        let place = b.object.map { ErrorPlace(setting: objects[$0].pathSetting) } ?? ErrorPlace(parameter: b.owner)
        return (ProviderError(.pathConflict, message).about(place), b.object)
    }
}
