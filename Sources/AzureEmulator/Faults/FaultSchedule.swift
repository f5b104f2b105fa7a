internal import Yams

/// A list of faults that start and end at set times. The same schedule has the same effect in each run.
package struct FaultSchedule: Sendable {
    package var faults: [Fault]

    private static let keys = ["seed", "clock", "every", "steps"]

    /// Reads a schedule in YAML. `steps` is a list of faults with `at` and `for`; `seed`, `clock` and `every`
    /// are the defaults for the steps.
    package init(yaml: String) throws {
        let document: Node?
        do { document = try Yams.compose(yaml: yaml) } catch { throw EmulatorError(reading: "the schedule", error) }
        guard let members = document?.mapping else {
            throw EmulatorError("the schedule must be a mapping with steps")
        }
        for (key, _) in members where !Self.keys.contains(key.string ?? "") {
            throw EmulatorError(
                "the schedule: "
                    + SpellingSuggestion.message(unknown: "key", key.string ?? "", among: Self.keys))
        }
        guard let steps = document?["steps"]?.sequence, !steps.isEmpty else {
            throw EmulatorError("the schedule has no steps")
        }
        faults = try steps.enumerated().map { index, step in
            var fields: [String: String] = [:]
            for (key, value) in step.mapping ?? [:] { fields[key.string ?? ""] = value.scalar?.string ?? "" }
            for key in ["clock", "every"] where fields[key] == nil { fields[key] = document?[key]?.scalar?.string }
            // Each step gets its own random numbers.
            if fields["seed"] == nil, let text = document?["seed"]?.scalar?.string {
                guard let seed = UInt64(text) else {
                    throw EmulatorError("the schedule's seed is \(text), not a number")
                }
                fields["seed"] = "\(seed &+ UInt64(index))"
            }
            do {
                return try Fault(fields: fields)
            } catch let error as EmulatorError {
                throw EmulatorError("step \(index + 1) of the schedule: \(error)")
            }
        }
    }
}
