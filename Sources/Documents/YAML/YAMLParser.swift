internal import Budgets
internal import CLibYAML
package import SecretMemory

/// The reason why a text is not YAML. Its description begins like yaml.v3's.
package struct YAMLError: Error, Equatable, Sendable {
    package var reason: String
    /// The line, counted from 1; 0 if it is unknown.
    package var line: Int
    package var column: Int

    package init(reason: String, line: Int, column: Int = 0) {
        self.reason = reason
        self.line = line
        self.column = column
    }
}

extension YAMLError: CustomStringConvertible {
    package var description: String { line > 0 ? "yaml: line \(line): \(reason)" : "yaml: \(reason)" }
}

/// Builds trees from the events of libyaml. yaml.v3, which upstream uses, is a translation of libyaml, so both scan in
/// the same way.
package struct YAMLParser {
    /// The maximum number of nodes: enough for thousands of objects, and too few for an attack with aliases.
    package static let defaultMaximumNodes = 100_000
    private static let maximumDepth = 100
    private static let stepsPerEvent = 10

    private var anchors: [String: YAMLNode] = [:]
    private var openAnchors: Set<String> = []
    private var nodes: Int
    private let maximumNodes: Int

    private init(nodes: Int, maximumNodes: Int) {
        self.nodes = nodes
        self.maximumNodes = maximumNodes
    }

    /// Returns the first document of `text`, or nil if it does not have one.
    package static func parseFirst(_ text: String) throws(YAMLError) -> YAMLNode? {
        var nodes = 0
        return try parse(text, limit: 1, &nodes).first
    }

    /// Returns the first document of `text`. Its nodes are added to `nodes`, and the limit applies to the sum.
    package static func parseFirst(_ text: String, countingIn nodes: inout Int) throws(YAMLError) -> YAMLNode? {
        try parse(text, limit: 1, &nodes).first
    }

    /// Returns all documents of `text`, with at most `maximumNodes` nodes together. A whole cluster's manifests have
    /// more nodes than a class.
    package static func parseAll(
        _ text: String, maximumNodes: Int = defaultMaximumNodes
    ) throws(YAMLError) -> [YAMLNode] {
        var nodes = 0
        return try parse(text, limit: .max, &nodes, maximumNodes)
    }

    /// Returns all documents of an object's content. The content as a whole never becomes a `String`, but its scalars
    /// do.
    package static func parseAll(_ content: SecretBytes) throws(YAMLError) -> [YAMLNode] {
        var nodes = 0
        return try content.withExposed { bytes throws(YAMLError) in
            try documents(bytes.assumingMemoryBound(to: UInt8.self), limit: .max, &nodes)
        }
    }

    private static func parse(
        _ text: String, limit: Int, _ nodes: inout Int, _ maximumNodes: Int = defaultMaximumNodes
    ) throws(YAMLError) -> [YAMLNode] {
        var text = text
        // Typed throws cannot pass through withUTF8, so the result is returned as a value.
        let result: Result<[YAMLNode], YAMLError> = text.withUTF8 { bytes in
            Result { () throws(YAMLError) in try documents(bytes, limit: limit, &nodes, maximumNodes) }
        }
        return try result.get()
    }

    private static func documents(
        _ bytes: UnsafeBufferPointer<UInt8>, limit: Int, _ nodes: inout Int, _ maximumNodes: Int = defaultMaximumNodes
    ) throws(YAMLError) -> [YAMLNode] {
        var library = yaml_parser_t()
        guard yaml_parser_initialize(&library) == 1 else { throw YAMLError(reason: "out of memory", line: 0) }
        defer { yaml_parser_delete(&library) }
        yaml_parser_set_input_string(&library, bytes.baseAddress, bytes.count)
        yaml_parser_set_encoding(&library, YAML_UTF8_ENCODING)

        var documents: [YAMLNode] = []
        while documents.count < limit {
            var parser = YAMLParser(nodes: nodes, maximumNodes: maximumNodes)
            defer { nodes = parser.nodes }
            guard let node = try parser.document(&library) else { break }
            documents.append(node)
        }
        return documents
    }

    private mutating func document(_ library: inout yaml_parser_t) throws(YAMLError) -> YAMLNode? {
        while true {
            let event = try Event(&library)
            switch event.kind {
            case YAML_STREAM_END_EVENT: return nil
            case YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT, YAML_DOCUMENT_END_EVENT: continue
            default: return try node(event, &library, depth: 0)
            }
        }
    }

    private mutating func node(
        _ event: Event, _ library: inout yaml_parser_t, depth: Int
    ) throws(YAMLError) -> YAMLNode {
        nodes += 1
        let cost = Self.stepsPerEvent + event.scalar.text.utf8.count / 8
        guard nodes <= maximumNodes, depth <= Self.maximumDepth, MountBudget.spend(steps: cost, on: .reading) else {
            throw YAMLError(reason: "document contains excessive aliasing or nesting", line: event.line)
        }
        if let anchor = event.anchor, event.kind != YAML_ALIAS_EVENT { openAnchors.insert(anchor) }
        let result: YAMLNode
        switch event.kind {
        case YAML_ALIAS_EVENT:
            return try alias(event)
        case YAML_SCALAR_EVENT:
            result = .scalar(event.scalar)
        case YAML_SEQUENCE_START_EVENT:
            var elements: [YAMLNode] = []
            while true {
                let next = try Event(&library)
                if next.kind == YAML_SEQUENCE_END_EVENT { break }
                elements.append(try node(next, &library, depth: depth + 1))
            }
            result = .sequence(elements, line: event.line)
        case YAML_MAPPING_START_EVENT:
            result = .mapping(try members(&library, depth: depth), line: event.line)
        default:
            throw YAMLError(reason: "unexpected document structure", line: event.line)
        }
        if let anchor = event.anchor {
            openAnchors.remove(anchor)
            anchors[anchor] = result
        }
        return result
    }

    private mutating func members(
        _ library: inout yaml_parser_t, depth: Int
    ) throws(YAMLError) -> [(key: YAMLNode, value: YAMLNode)] {
        var members: [(key: YAMLNode, value: YAMLNode)] = []
        while true {
            let next = try Event(&library)
            if next.kind == YAML_MAPPING_END_EVENT { return members }
            let key = try node(next, &library, depth: depth + 1)
            members.append((key, try node(try Event(&library), &library, depth: depth + 1)))
        }
    }

    private mutating func alias(_ event: Event) throws(YAMLError) -> YAMLNode {
        let name = event.anchor ?? ""
        guard !openAnchors.contains(name) else {
            throw YAMLError(reason: "anchor '\(name)' value contains itself", line: 0)
        }
        guard let target = anchors[name] else {
            throw YAMLError(reason: "unknown anchor '\(name)' referenced", line: 0)
        }
        let size = Self.size(of: target, limit: maximumNodes - nodes)
        nodes += size
        guard nodes <= maximumNodes, MountBudget.spend(steps: size, on: .reading) else {
            throw YAMLError(reason: "document contains excessive aliasing or nesting", line: event.line)
        }
        return target
    }

    /// Returns the number of nodes below `node`, or a number above `limit`.
    private static func size(of node: YAMLNode, limit: Int) -> Int {
        var total = 1
        switch node {
        case .scalar: break
        case .sequence(let elements, _):
            for element in elements where total <= limit { total += size(of: element, limit: limit - total) }
        case .mapping(let members, _):
            for member in members where total <= limit {
                total += size(of: member.key, limit: limit - total)
                total += size(of: member.value, limit: limit - total)
            }
        }
        return total
    }
}

/// One event of libyaml, copied into Swift values so that the C memory can be freed immediately.
private struct Event {
    var kind: yaml_event_type_t
    var line: Int
    var anchor: String?
    var scalar = YAMLScalar(text: "", isPlain: true, explicitTag: nil, line: 0)

    init(_ library: inout yaml_parser_t) throws(YAMLError) {
        var event = yaml_event_t()
        guard yaml_parser_parse(&library, &event) == 1 else { throw Event.error(library) }
        defer { yaml_event_delete(&event) }
        kind = event.type
        line = Int(event.start_mark.line) + 1
        switch kind {
        case YAML_ALIAS_EVENT: anchor = Event.string(event.data.alias.anchor)
        case YAML_SEQUENCE_START_EVENT: anchor = Event.string(event.data.sequence_start.anchor)
        case YAML_MAPPING_START_EVENT: anchor = Event.string(event.data.mapping_start.anchor)
        case YAML_SCALAR_EVENT:
            let data = event.data.scalar
            anchor = Event.string(data.anchor)
            let bytes = UnsafeBufferPointer(start: data.value, count: data.length)
            let tag = Event.string(data.tag)
            scalar = YAMLScalar(
                text: String(decoding: bytes, as: UTF8.self),
                isPlain: data.style == YAML_PLAIN_SCALAR_STYLE,
                explicitTag: tag.map { tag in
                    if tag == "!" { return "!!str" }
                    let prefix = "tag:yaml.org,2002:"
                    return tag.hasPrefix(prefix) ? "!!" + tag.dropFirst(prefix.count) : tag
                },
                line: line)
            scalar.column = Int(event.start_mark.column) + 1
            scalar.endLine = Int(event.end_mark.line) + 1
            scalar.endColumn = Int(event.end_mark.column) + 1
            scalar.isLiteral = data.style == YAML_LITERAL_SCALAR_STYLE
        default: break
        }
    }

    private static func string(_ pointer: UnsafePointer<yaml_char_t>?) -> String? {
        pointer.map { String(decodingCString: $0, as: UTF8.self) }
    }

    private static func error(_ library: yaml_parser_t) -> YAMLError {
        let problem = library.problem.map { String(cString: $0) } ?? "malformed document"
        if library.error == YAML_READER_ERROR { return YAMLError(reason: problem, line: 0) }
        let mark = library.problem_mark
        return YAMLError(reason: problem, line: Int(mark.line) + 1, column: Int(mark.column) + 1)
    }
}
