internal import SecretMemory
internal import Shaping

/// One file that is made of several objects.
struct JoinedFile: Sendable {
    enum Kind: Sendable {
        /// A text with placeholders. They name objects directly, or by a name that `objects` defines.
        case template(Template)
        /// A list of variables: each entry of `objects` is one, and each member of the documents in `fieldsOf`.
        case envFile(EnvFile, fieldsOf: [String])
    }

    var place: String
    var path: String
    var permission: FilePermission?
    var kind: Kind
    /// The names that this file defines, and the objects that they refer to.
    var objects: [(name: String, object: String)]

    /// Reads an item of `files`. Returns nil if it is invalid, after reporting the mistake.
    init?(parsing settings: SettingsMapping, place: String) {
        let path = settings.path("fileName")
        if path == nil, !settings.has("fileName") { settings.refuse("fileName", "is missing") }
        permission = settings.text("filePermission").flatMap { text in
            let permission = FilePermission(octal: text)
            if permission == nil {
                settings.refuse(
                    "filePermission", "\(text.clipped) should be octal between 0000 and 0777",
                    hint: "write filePermission as octal digits, for example 0644")
            }
            return permission
        }
        objects = (settings.pairs("objects") ?? []).map { ($0.name, $0.value) }
        let text = settings.verbatim("template")
        let envFile = settings.mapping("envFile").map(EnvFile.init(parsing:))
        let fieldsOf = settings.texts("fieldsOf") ?? []
        switch (text, envFile) {
        case (let text?, nil):
            settings.refuse(any: ["fieldsOf"], "applies only to envFile")
            guard let template = settings.read("template", { () throws(ShapingError) in try Template(text) }) else {
                return nil
            }
            kind = .template(template)
        case (nil, let envFile?):
            if objects.isEmpty, fieldsOf.isEmpty {
                settings.refuse(
                    "envFile", "has no variables",
                    hint:
                        "name them under objects, as NAME: object, or the objects whose fields they are under fieldsOf")
            }
            for (name, _) in objects {
                if let problem = EnvFile.problem(withName: envFile.prefix + name) {
                    settings.refuse("objects", "\(name.clipped) \(problem)")
                }
            }
            kind = .envFile(envFile, fieldsOf: fieldsOf)
        default:
            settings.refuse("template", text == nil ? "or envFile is missing" : "cannot be combined with envFile")
            return nil
        }
        guard let path else { return nil }
        self.path = path
        self.place = "\(place) (\(path))"
    }

    /// The objects that the file refers to, each with the setting that does so.
    var references: [(object: String, place: String)] {
        let listed = objects.map { ($0.object, "objects") }
        switch kind {
        case .envFile(_, let fieldsOf): return listed + fieldsOf.map { ($0, "fieldsOf") }
        case .template(let template):
            let local = Set(objects.map { ByteKey($0.name.utf8) })
            return listed
                + template.references.filter { !local.contains(ByteKey($0.name.utf8)) }
                .map { ($0.name, "template, \($0.place)") }
        }
    }
}
