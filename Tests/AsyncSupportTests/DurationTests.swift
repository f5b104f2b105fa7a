import AsyncSupport
import Testing

@Suite("Conversions of durations")
struct DurationTests {
    @Test("seconds and milliseconds keep fractions and signs")
    func fractions() {
        #expect(Duration.milliseconds(1500).inSeconds == 1.5)
        #expect(Duration.milliseconds(-1500).inSeconds == -1.5)
        #expect(Duration.microseconds(1500).inMilliseconds == 1.5)
        #expect(Duration.seconds(-2).inMilliseconds == -2000)
        #expect(Duration.zero.inSeconds == 0)
    }

    @Test("whole units are rounded towards zero")
    func whole() {
        let duration = Duration.seconds(2) + Duration(secondsComponent: 0, attosecondsComponent: 1_999_999_999)
        #expect(duration.wholeNanoseconds == 2_000_000_001)
        #expect(duration.wholeMicroseconds == 2_000_000)
        #expect((.zero - duration).wholeNanoseconds == -2_000_000_001)
    }

    @Test("whole units are clamped")
    func clamped() {
        #expect(Duration.seconds(Int64.max).wholeNanoseconds == .max)
        #expect(Duration.seconds(Int64.min).wholeNanoseconds == .min)
        #expect(Duration.seconds(Int64.max).wholeMicroseconds == .max)
    }

    @Test("seconds that are infinite or not a number are clamped")
    func infinite() {
        #expect(Duration.clamped(seconds: 1.5) == .milliseconds(1500))
        #expect(Duration.clamped(seconds: .infinity) == .seconds(3_155_760_000))
        #expect(Duration.clamped(seconds: -.infinity) == .seconds(-3_155_760_000))
        #expect(Duration.clamped(seconds: .nan) == .zero)
    }
}
