internal import Documents
internal import SecretMemory

/// Converts YAML to JSON values, with the JSON schema of YAML 1.2 and the core schema's words for null, true and false.
///
/// A plain scalar is a number only if JSON would write it in the same way. Everything else stays text: people write
/// `0755`, `0x1F`, `1_000` and `.inf` as modes and passwords, and YAML parsers interpret them differently. The document
/// passes through the memory of libyaml, which is not wiped.
enum YAMLValue {
    static func parse(_ content: SecretBytes) throws(ShapingError) -> JSONValue {
        let documents: [YAMLNode]
        do {
            documents = try YAMLParser.parseAll(content)
        } catch {
            // The name of an anchor is part of the content, so the error must not show it.
            let reason = error.reason.contains("anchor '") ? "an alias does not fit its anchor" : error.reason
            let place = error.line > 0 ? " (line \(error.line))" : ""
            throw ShapingError(.malformed, "the content is not a YAML document: \(reason)\(place)")
        }
        guard documents.count <= 1 else {
            throw ShapingError(.malformed, "the content has \(documents.count) YAML documents, one is expected")
        }
        return try documents.first.map { node throws(ShapingError) in try value(of: node) } ?? .null
    }

    private static func value(of node: YAMLNode) throws(ShapingError) -> JSONValue {
        switch node {
        case .scalar(let scalar): return try value(of: scalar)
        case .sequence(let nodes, _):
            var elements: [JSONValue] = []
            elements.reserveCapacity(nodes.count)
            for node in nodes { elements.append(try value(of: node)) }
            return .array(elements)
        case .mapping(let members, let line):
            if YAMLNode.duplicateKey(in: members) != nil {
                throw ShapingError(.malformed, "the mapping in line \(line) has a key twice")
            }
            let merged: [YAMLNode.Member]
            do {
                merged = try YAMLNode.merging(members)
            } catch {
                throw ShapingError(.malformed, "the mapping in line \(line): \(error.reason)")
            }
            var result: [(key: String, value: JSONValue)] = []
            result.reserveCapacity(merged.count)
            for member in merged {
                guard let key = member.key.scalar else {
                    throw ShapingError(.malformed, "a key in line \(member.key.line) is not a scalar")
                }
                result.append((key.text, try value(of: member.value)))
            }
            return .object(JSONObject(members: result))
        }
    }

    private static func value(of scalar: YAMLScalar) throws(ShapingError) -> JSONValue {
        switch scalar.explicitTag {
        case nil:
            guard scalar.isPlain else { return .text(scalar.text) }
            if scalar.isNull { return .null }
            return bool(scalar.text) ?? number(scalar.text) ?? .text(scalar.text)
        case "!!str": return .text(scalar.text)
        case "!!null": return .null
        case "!!bool":
            guard let value = bool(scalar.text) else { throw unfit(scalar, "!!bool") }
            return value
        case "!!int", "!!float":
            guard let value = number(scalar.text) else { throw unfit(scalar, "!!int or !!float") }
            return value
        default:
            throw ShapingError(.malformed, "the scalar in line \(scalar.line) has a tag that is not supported")
        }
    }

    private static func unfit(_ scalar: YAMLScalar, _ tag: String) -> ShapingError {
        ShapingError(.malformed, "the scalar in line \(scalar.line) is not what its tag \(tag) says")
    }

    private static func bool(_ text: String) -> JSONValue? {
        switch text {
        case "true", "True", "TRUE": .bool(true)
        case "false", "False", "FALSE": .bool(false)
        default: nil
        }
    }

    private static func number(_ text: String) -> JSONValue? {
        JSONNumber.isNumber(text) ? .number(text) : nil
    }
}
