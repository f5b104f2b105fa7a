internal import Shaping

/// The transformation of an object's content before it becomes files: one part is extracted, or several files are made
/// of its parts.
package struct ObjectShaping: Sendable, Hashable {
    /// The result of the transformation: one part, several files, or a file of variables.
    enum Outcome: Sendable, Hashable {
        case file
        case files(Explode)
        case envFile(EnvFile)
    }

    /// The format in which the content is parsed.
    var format: ContentDocument.Format
    var extract: Extract?
    var outcome: Outcome

    /// The paths of the files, as far as they are known before anything is fetched; nil if the only file has the
    /// object's own path.
    package var fileNames: [String]? {
        // The keys of a document are known only when it has been fetched.
        if case .files = outcome { [] } else { nil }
    }

    /// Reads the settings of the transformation. Returns nil if none is set. The other settings of `object` have been
    /// read already.
    init?(parsing settings: SettingsMapping, of object: KeyVaultObject) {
        let format = settings.choice("format", ["json": ContentDocument.Format.json, "yaml": .yaml])
        extract = settings.mapping("extract").flatMap(Extract.init(parsing:))
        let explode = settings.mapping("explode").map { Explode(parsing: $0, path: object.path) }
        let envFile = settings.mapping("envFile").map(EnvFile.init(parsing:))
        let keys = ["extract", "explode", "envFile"]
        if object.type != .secret {
            settings.refuse(any: keys + ["format"], "is only supported for objectType: secret")
        } else if settings.has("outputs") {
            settings.refuse(any: keys + ["format"], "cannot be combined with outputs")
        }
        if explode != nil, envFile != nil {
            settings.refuse("envFile", "cannot be combined with explode", hint: "list the object twice to have both")
        }
        guard format != nil || keys.contains(where: settings.has) else { return nil }
        self.format = format ?? .json
        outcome = explode.map { .files($0) } ?? envFile.map { .envFile($0) } ?? .file
    }
}
