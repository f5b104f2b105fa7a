internal import Yams

/// Faults that come and go by a plan, which can be run again with the same result.
package struct FaultSchedule: Sendable {
    package var faults: [Fault]

    private static let keys = ["seed", "clock", "every", "steps"]

    /// Reads YAML: `steps` is a list of faults with `at` and `for`; `seed`, `clock` and `every` stand for all
    /// steps that do not have their own.
    package init(yaml: String) throws {
        let document: Node?
        do { document = try Yams.compose(yaml: yaml) } catch { throw Seed.invalid(error, "the schedule") }
        guard let members = document?.mapping else {
            throw Seed.Invalid(description: "the schedule must be a mapping with steps")
        }
        for (key, _) in members where !Self.keys.contains(key.string ?? "") {
            throw Seed.Invalid(
                description: "the schedule: " + Nearest.complaint("key", key.string ?? "", among: Self.keys))
        }
        guard let steps = document?["steps"]?.sequence, !steps.isEmpty else {
            throw Seed.Invalid(description: "the schedule has no steps")
        }
        faults = try steps.enumerated().map { index, step in
            var fields: [String: String] = [:]
            for (key, value) in step.mapping ?? [:] { fields[key.string ?? ""] = value.scalar?.string ?? "" }
            for key in ["clock", "every"] where fields[key] == nil { fields[key] = document?[key]?.scalar?.string }
            // Each step throws dice of its own.
            if fields["seed"] == nil, let text = document?["seed"]?.scalar?.string {
                guard let seed = UInt64(text) else {
                    throw Seed.Invalid(description: "the schedule's seed is \(text), not a number")
                }
                fields["seed"] = "\(seed &+ UInt64(index))"
            }
            do {
                return try Fault(fields: fields)
            } catch let error as Seed.Invalid {
                throw Seed.Invalid(description: "step \(index + 1) of the schedule: \(error)")
            }
        }
    }
}
