import Documents
import Testing

@Suite("Timestamp")
struct TimestampTests {
    @Test(
        "Seconds since 1970 are written in the form of RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"), (951_782_400, "2000-02-29T00:00:00Z"),
            (1_767_268_800, "2026-01-01T12:00:00Z"), (4_107_542_400, "2100-03-01T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"), (253_402_300_799, "9999-12-31T23:59:59Z"),
        ])
    func text(seconds: Int, expected: String) {
        #expect(Timestamp.text(seconds) == expected)
        #expect(Timestamp.isValid(expected))
    }

    @Test("Every instant can be written", arguments: [Int.min, Int.max])
    func extremes(seconds: Int) {
        #expect(Timestamp.text(seconds).hasSuffix("Z"))
    }

    @Test(
        "A timestamp that Go's decoder accepts is read",
        arguments: [
            "2026-01-01T12:00:00Z", "2026-01-01T12:00:00.123456789Z", "2026-01-01T12:00:00+00:00",
            "2026-01-01T12:00:00-23:59", "2024-02-29T00:00:00Z", "0000-01-01T00:00:00Z", "2000-02-29T00:00:00Z",
        ])
    func valid(text: String) {
        #expect(Timestamp.isValid(text))
    }

    @Test(
        "A text that Go's decoder refuses is not a timestamp",
        arguments: [
            "", "2026-01-01", "2026-01-01 12:00:00Z", "2026-01-01t12:00:00Z", "2026-01-01T12:00:00z",
            "2026-01-01T12:00:00", "2026-1-01T12:00:00Z", "2026-13-01T12:00:00Z", "2026-00-01T12:00:00Z",
            "2026-01-32T12:00:00Z", "2026-01-00T12:00:00Z", "2025-02-29T12:00:00Z", "2100-02-29T12:00:00Z",
            "2026-01-01T24:00:00Z", "2026-01-01T12:60:00Z", "2026-01-01T12:00:60Z", "2026-01-01T12:00:00.Z",
            "2026-01-01T12:00:00,5Z", "2026-01-01T12:00:00+0000", "2026-01-01T12:00:00+24:00",
            "2026-01-01T12:00:00+00:60", "2026-01-01T12:00:00.٣Z", "2026-01-01T12:00:00+٠٠:٠٠", " 2026-01-01T12:00:00Z",
            "2026-01-01T12:00:00Z\n", "٢٠٢٦-01-01T12:00:00Z",
        ])
    func invalid(text: String) {
        #expect(!Timestamp.isValid(text))
    }
}
