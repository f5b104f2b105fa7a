extension Fault: CustomStringConvertible {
    /// The arguments with which the command line sets the same fault.
    package var description: String {
        let rest = keyedValues.map { "\($0.key)=\($0.value)" }
        return ([kind.rawValue] + rest).joined(separator: " ")
    }

    /// The keys and values with which a seed sets the same fault.
    package var fields: [String: String] {
        var fields = ["kind": kind.rawValue]
        for (key, value) in keyedValues { fields[key] = value }
        return fields
    }

    private var keyedValues: [(key: String, value: String)] {
        var result: [(key: String, value: String)] = [("target", target.description)]
        func add(_ key: String, _ value: String?) {
            if let value { result.append((key, value)) }
        }
        add("path", path?.description)
        add("method", method)
        add("count", count.map(String.init))
        add("pattern", pattern.map { String($0) })
        if probability < 1 {
            add("probability", "\(probability)")
            add("seed", "\(seed)")
        }
        if at > .zero { add("at", at.text) }
        add("for", duration?.text)
        add("every", period?.text)
        if clock == .real { add("clock", clock.rawValue) }
        if kind.keys.contains("delay") { add("delay", delay.text) }
        add("host", host)
        if kind.keys.contains("skew") { add("skew", skew.text) }
        add("status", status.map(String.init))
        add("size", size.map(String.init))
        if let retryAfter {
            add("retryAfter", retryAfter.text)
            add("notation", notation.rawValue)
        }
        return result
    }
}
