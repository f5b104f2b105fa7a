internal import Budgets
internal import Documents
internal import SecretMemory

extension ObjectsDocument {
    /// One list item with upstream's fields as text, before validation.
    struct Entry {
        private var fields: [String: String] = [:]
        private var versionHistory = 0
        /// All members of the item; the settings beyond upstream's are read from them later.
        private var members: [YAMLNode.Member] = []
        /// The errors about fields whose values have the wrong type.
        private var mistakes: [ProviderError] = []
        private let index: Int
        /// Whether the item has only upstream's fields, as in nearly every class, so that the other settings need not
        /// be read.
        private var isFlat: Bool {
            members.allSatisfy { member in member.key.scalar.map { ObjectsDocument.keys.contains($0.text) } ?? true }
        }

        init(_ node: YAMLNode, index: Int) throws(ProviderError) {
            self.index = index
            let failure = "unmarshal failed for keyVaultObjects at index \(index), error: "
            let place = "object \(index + 1) of array"
            guard !node.isNull else { return }
            guard MountBudget.spend(steps: 100, on: .reading) else {
                throw ProviderError(.limitExceeded, failure + "the text is too large")
            }
            guard case .mapping(let members, _) = node else {
                throw .malformed(
                    place, failure, node, quoting: node.text ?? "", into: "types.KeyVaultObject",
                    wanted: "lines of key: value",
                    hint: "write each object as lines of key: value, at least objectName and objectType")
            }
            if let duplicate = YAMLNode.duplicateKey(in: members) {
                throw .malformed(place, failure, duplicate: duplicate)
            }
            do throws(YAMLError) {
                self.members = try YAMLNode.merging(members)
            } catch {
                throw .malformed(place, failure, error)
            }
            for (key, value) in self.members {
                guard let key = key.scalar?.text, ObjectsDocument.keys.contains(key) else { continue }
                guard case .scalar(let scalar) = value else {
                    let isNumber = key == "objectVersionHistory"
                    mistakes.append(
                        ProviderError.malformed(
                            "\(key) of \(place)", failure, value, into: "\(isNumber ? "int32" : "string") (key \(key))",
                            wanted: isNumber ? "a number" : "a text", hint: "write \(key) as a single value"
                        ).about(ErrorPlace(setting: key)))
                    continue
                }
                if scalar.isNull { continue }
                let cost = SettingsMapping.stepsPerByte * scalar.text.utf8.count
                guard MountBudget.spend(steps: cost, on: .reading) else {
                    throw ProviderError(.limitExceeded, failure + "the text is too large")
                }
                if key == "objectVersionHistory" {
                    guard let number = scalar.integer, Int32(exactly: number) != nil else {
                        mistakes.append(
                            ProviderError.malformed(
                                "\(key) of \(place)", failure, value, quoting: scalar.text, into: "int32 (key \(key))",
                                wanted: "a number", hint: "write \(key) as a plain number without quotes"
                            ).about(ErrorPlace(setting: key)))
                        continue
                    }
                    versionHistory = number
                } else {
                    fields[key] = scalar.text.trimmingSpace()
                }
            }
        }

        /// Validates upstream's fields, in upstream's order and with its phrases, and then the other settings.
        func validated(_ classSettings: ClassSettings, _ report: SettingsReport) -> Result<
            KeyVaultObject, ProviderError
        > {
            let name = fields["objectName"] ?? ""
            let place = "object at index \(index)" + (name.isEmpty ? "" : " (\(name.clipped))")
            for mistake in mistakes { report.add(mistake) }
            let settings = SettingsMapping(members, place: place, report: report, known: ObjectsDocument.keys)
            let selector = isFlat ? nil : ObjectSelector.ParsedSettings(settings, fields)

            let typeText = selector?.typeText ?? fields["objectType"] ?? ""
            let version = fields["objectVersion"] ?? ""
            let type = KeyVaultObject.ObjectType(rawValue: typeText)
            var object = KeyVaultObject(name: name, type: type ?? .secret)
            object.alias = fields["objectAlias"] ?? ""
            object.version = version
            object.versionHistory = versionHistory
            object.selector = selector?.selector
            let shape = ObjectShape.digest(of: members)
            object.shape = shape.isEmpty ? nil : shape
            let prefix =
                object.selector == nil
                ? KeyVaultObject.failurePrefix(type: typeText, name: name, version: version) : object.failurePrefix
            let subject =
                object.selector == nil
                ? ErrorSubject("object", names: [name.isEmpty ? "number \(index + 1)" : name]) : object.errorSubject()
            func refuse(
                _ setting: String, _ reason: String, cause: String? = nil, code: ErrorCode = .objectInvalid,
                hint: String? = nil
            ) {
                // A value that is not a text has been reported already.
                guard !mistakes.contains(where: { $0.place.setting == setting }) else { return }
                var error = ProviderError(code, prefix + reason, cause: cause ?? reason, hint: hint)
                error.subject = subject
                settings.add(error, about: setting)
            }

            switch (fields["objectFormat"] ?? "").lowercased() {
            case "", "pem": object.format = .pem
            case "pfx":
                object.format = .pfx
                if type != .secret {
                    refuse(
                        "objectType", "PFX format only supported for objectType: secret",
                        hint: type == .certificate
                            ? "write objectType: secret, which has the certificate and its key; if the vault stores it as PEM, also write outputs with part: pkcs12 and passwordFrom"
                            : nil)
                }
            default:
                refuse(
                    "objectFormat", "invalid objectFormat: \(fields["objectFormat"] ?? ""), should be PEM or PFX",
                    hint: "write objectFormat as pem or pfx")
            }

            let encoding = fields["objectEncoding"] ?? ""
            if !encoding.isEmpty, type != .secret {
                refuse(
                    "objectEncoding", "objectEncoding only supported for objectType: secret",
                    hint: "leave objectEncoding out of keys and certificates")
            } else {
                switch encoding.lowercased() {
                case "", "utf-8": object.encoding = .utf8
                case "base64": object.encoding = .base64
                case "base64url": object.encoding = .base64URL
                case "hex": object.encoding = .hex
                default:
                    refuse(
                        "objectEncoding", "invalid objectEncoding: \(encoding), should be hex, base64 or utf-8",
                        hint: "write objectEncoding as utf-8, base64, base64url or hex")
                }
            }

            if object.selector == nil, let problem = MountPath.problem(with: object.path) {
                refuse(object.pathSetting, problem, code: .pathInvalid)
            }

            if let permission = fields["filePermission"], !permission.isEmpty {
                object.permission = FilePermission(octal: permission)
                if object.permission == nil {
                    refuse(
                        "filePermission",
                        "invalid filePermission: \(permission.prefix(60)), should be octal between 0000 and 0777",
                        hint: "write filePermission as octal digits, for example 0644")
                }
            }

            if type == nil {
                let near = KeyVaultObject.ObjectType.allCases.first { $0.rawValue == typeText.lowercased() }
                let hint = near ?? (typeText.lowercased() == "certificate" ? .certificate : nil)
                refuse(
                    "objectType", "Invalid vaultObjectTypes. Should be secret, key, or cert",
                    cause: typeText.isEmpty
                        ? "objectType is not set" : "objectType \(typeText.clipped) is not secret, key or cert",
                    hint: misspelling(of: "objectType")
                        ?? hint.map { "write objectType: \($0.rawValue)" } ?? "set objectType to secret, key or cert")
            }
            if object.selector == nil, name.isEmpty {
                refuse(
                    "objectName",
                    type == .certificate
                        ? "parameter certificateName cannot be empty" : "parameter name cannot be empty",
                    cause: "objectName is not set",
                    hint: misspelling(of: "objectName") ?? "set objectName to the object's name in the vault")
            } else if let problem = Self.segmentProblem(name) {
                refuse("objectName", "objectName \(problem)")
            }
            if let problem = Self.segmentProblem(version) { refuse("objectVersion", "objectVersion \(problem)") }

            if isFlat {
                object.source.fallback = classSettings.fallback
            } else {
                object.read(settings, inheriting: classSettings.fallback)
            }
            if let error = ProviderError.combining(report.errors) { return .failure(error) }
            return .success(object)
        }

        /// Returns the fix for a required key that is missing because it is written under a wrong name.
        private func misspelling(of key: String) -> String? {
            guard fields[key] == nil, members.count <= SettingsMapping.maximumKeys else { return nil }
            return ObjectsDocument.misspelling(of: key, among: members.compactMap(\.key.scalar?.text))
                .map { "write \(key) instead of \($0.clipped)" }
        }

        /// Returns the rule that a name breaks, or nil. A name becomes part of a URL, where some texts would refer to
        /// another resource.
        private static func segmentProblem(_ text: String) -> String? {
            if text == "." || text == ".." { return "must not be '\(text)'" }
            if text.utf8.count > 255 { return "has more than 255 bytes" }
            if text.utf8.contains(where: ASCII.isControl) { return "must not contain control characters" }
            return nil
        }
    }
}
