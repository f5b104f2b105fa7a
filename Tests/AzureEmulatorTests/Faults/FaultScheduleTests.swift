import Testing

@testable import AzureEmulator

@Suite("A schedule of faults")
struct FaultScheduleTests {
    @Test("Each step gets the seed, the clock and the period of the schedule, unless it sets them itself")
    func defaults() throws {
        let schedule = try FaultSchedule(
            yaml: """
                seed: 40
                clock: real
                every: 1m
                steps:
                  - {at: 1s, for: 2s, kind: html, target: vault, probability: 0.5}
                  - {at: 5s, for: 2s, every: 10s, clock: emulator, kind: reset, seed: 7, probability: 0.5}
                  - {for: 2s, kind: hang, probability: 0.5}
                """)
        #expect(
            schedule.faults.map(\.description) == [
                "html target=vault:* probability=0.5 seed=40 at=1s for=2s every=60s clock=real",
                "reset target=any probability=0.5 seed=7 at=5s for=2s every=10s",
                "hang target=any probability=0.5 seed=42 for=2s every=60s clock=real",
            ])
    }

    @Test(
        "A mistake is refused with its place",
        arguments: [
            ("step: []", "the schedule: unknown key step; did you mean steps?"),
            ("steps: []", "the schedule has no steps"), ("steps:", "the schedule has no steps"),
            ("[]", "the schedule must be a mapping with steps"), ("", "the schedule must be a mapping with steps"),
            ("{", "the schedule is not valid YAML"),
            ("seed: x\nsteps: [{kind: html}]", "the schedule's seed is x, not a number"),
            (
                "steps: [{kind: html}, {kind: htm}]",
                "step 2 of the schedule: unknown kind of fault htm; did you mean html?"
            ),
            ("steps: [{kind: html, every: 5s, for: 5s}]", "step 1 of the schedule: the fault html: for must be"),
        ])
    func mistakes(yaml: String, message: String) throws {
        let error = try #require(throws: EmulatorError.self) { try FaultSchedule(yaml: yaml) }
        #expect(error.description.hasPrefix(message))
    }
}
