internal import Documents

/// Compares this machine's clock with every other clock that a run sees.
///
/// This step comes before all checks of times in tokens, so that a wrong clock is not reported as an expired token.
struct ClockStep {
    /// The difference that Entra tolerates, in seconds.
    static let tolerance = 300

    /// The time of this machine's clock, in seconds since 1970.
    let now: Int
    /// The header `Date` of the responses of Entra and the vaults.
    let dates: [(name: String, seconds: Int)]
    /// The time at which the cluster issued the token.
    let issued: Int?

    /// The number of seconds by which this machine's clock is ahead; 0 if nothing proves that it is wrong.
    var skew: Int {
        guard let first = dates.first else {
            // A token can be old, but it cannot come from the future.
            guard let issued, issued > now + Self.tolerance else { return 0 }
            return now - issued
        }
        let skews = dates.map { now - $0.seconds }
        let isWrong = skews.allSatisfy { abs($0) > Self.tolerance && ($0 > 0) == (skews[0] > 0) }
        return isWrong ? now - first.seconds : 0
    }

    /// Returns the step, or nil if no other clock is known.
    func step() -> DoctorStep? {
        var readings = dates
        if let issued { readings.append(("the token's issue", issued)) }
        guard !dates.isEmpty || skew != 0 else { return nil }
        let evidence = [("now", Timestamp.text(now))] + readings.map { ($0.name, Timestamp.text($0.seconds)) }
        func step(_ status: DoctorStep.Status, _ detail: String, _ fix: String = "") -> DoctorStep {
            DoctorStep("clock", "Clock", status, detail, evidence: evidence, fix: fix)
        }
        guard let first = dates.first else {
            return step(
                .failed, "this machine's clock is behind: the token was issued \(-skew) s after what it shows",
                "timedatectl set-ntp true")
        }
        if skew != 0 {
            return step(
                .failed,
                "this machine's clock is \(abs(skew)) s \(skew > 0 ? "ahead of" : "behind") \(first.name)'s",
                "timedatectl set-ntp true")
        }
        if let far = dates.first(where: { abs(now - $0.seconds) > Self.tolerance }) {
            return step(
                .warning,
                "\(far.name)'s clock differs by \(abs(now - far.seconds)) s from this machine's and from others",
                "check what answers in place of \(far.name)")
        }
        let small = now - first.seconds
        return step(
            .passed,
            abs(small) < 5
                ? "as \(first.name)'s" : "\(abs(small)) s \(small > 0 ? "ahead of" : "behind") \(first.name)'s")
    }
}
