internal import Shaping

/// What is made of an object's content before it becomes files: a part of it, or several files of its parts.
package struct ObjectShaping: Sendable, Hashable {
    /// What becomes of the document, or of the part that was extracted.
    enum Outcome: Sendable, Hashable {
        case file
        case files(Explode)
        case envFile(EnvFile)
    }

    /// How the content is read.
    var format: ContentDocument.Format
    var extract: Extract?
    var outcome: Outcome

    /// The paths of the files, where they are known before anything is fetched; nil for the object's own.
    package var fileNames: [String]? {
        // A document's keys are known when it is there.
        if case .files = outcome { [] } else { nil }
    }

    /// Reads the settings about it; nil without any. `object` has been read up to here.
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
