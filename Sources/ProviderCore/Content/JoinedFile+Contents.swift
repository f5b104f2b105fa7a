internal import SecretMemory
internal import Shaping

extension JoinedFile {
    func contents(of others: ObjectContents) throws(ProviderError) -> SecretBytes {
        var budget = ShapingBudget(bytes: VolumeLimits.maximumBytes)
        do {
            switch kind {
            case .template(let template):
                return try template.render(try contents(template.references.map(\.name), others), &budget)
            case .envFile(let envFile, let fieldsOf):
                return try envFile.file(of: try variables(envFile, fieldsOf, others, &budget), &budget)
            }
        } catch let error as ShapingError {
            throw ProviderError(shaping: error, at: place)
        } catch let error as ProviderError {
            throw error
        } catch {
            throw ProviderError(.internal, "\(place): \(error)")
        }
    }

    /// Returns the content for each name in the template. Names of objects that the vault does not have are left out.
    private func contents(
        _ names: [String], _ others: ObjectContents
    ) throws(ProviderError) -> [ByteKey: Template.Content] {
        var result: [ByteKey: Template.Content] = [:]
        let local = Dictionary(objects.map { (ByteKey($0.name.utf8), $0.object) }) { first, _ in first }
        for name in names where result[ByteKey(name)] == nil {
            let object = local[ByteKey(name.utf8)] ?? name
            guard let bytes = try others.content(of: object) else { continue }
            result[ByteKey(name)] = Template.Content(bytes: bytes, format: others.format(of: object))
        }
        return result
    }

    /// Returns the variables of the objects that the vault has.
    private func variables(
        _ envFile: EnvFile, _ fieldsOf: [String], _ others: ObjectContents, _ budget: inout ShapingBudget
    ) throws -> [EnvFile.Variable] {
        var variables: [EnvFile.Variable] = []
        for (name, object) in objects {
            guard let value = try others.content(of: object) else { continue }
            variables.append(EnvFile.Variable(name: envFile.prefix + name, value: value))
        }
        for object in fieldsOf {
            guard let content = try others.content(of: object) else { continue }
            do {
                let document = try ContentDocument.parse(content, as: others.format(of: object))
                variables += try envFile.variables(of: document, &budget)
            } catch {
                throw ShapingError(error.kind, "\(object.clipped): \(error.reason)")
            }
        }
        return variables
    }
}
