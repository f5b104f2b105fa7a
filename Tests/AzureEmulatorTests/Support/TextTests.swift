import Foundation
import Testing

@testable import AzureEmulator

@Suite("Globs")
struct GlobTests {
    @Test(
        "A star matches any text, and a question mark matches one character",
        arguments: [
            ("*", "", true), ("*", "anything", true), ("kv-*", "kv-", true), ("kv-*", "kv-tests", true),
            ("kv-*", "my-kv-tests", false), ("*-tests", "kv-tests", true), ("*-tests", "kv-tests-2", false),
            ("k?-tests", "kv-tests", true), ("k?-tests", "k-tests", false), ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "a-c-b", false), ("*ab", "aab", true), ("", "", true), ("", "x", false), ("x", "xx", false),
            ("KV-*", "kv-Tests", true), ("a.c", "abc", false),
        ])
    func matching(pattern: String, text: String, isMatch: Bool) {
        #expect(Glob(pattern).matches(text) == isMatch)
    }
}

@Suite("Durations as text")
struct DurationTextTests {
    @Test(
        "A number with a unit is a duration",
        arguments: [
            ("250ms", .milliseconds(250)), ("2s", .seconds(2)), ("1.5s", .milliseconds(1500)), ("10m", .seconds(600)),
            ("-1h", .seconds(-3600)), ("0s", .zero),
        ] as [(String, Duration)])
    func reading(text: String, duration: Duration) {
        #expect(Duration(text: text) == duration)
    }

    @Test(
        "Anything else is not a duration",
        arguments: ["", "5", "s", "5 s", "5sec", "1h30m", "nans", "infs", "1e10s", "5S"])
    func invalid(text: String) {
        #expect(Duration(text: text) == nil)
    }

    @Test(
        "The text of a duration is read as the same duration",
        arguments: [
            ("2s", "2s"), ("1.5s", "1500ms"), ("250ms", "250ms"), ("10m", "600s"), ("-1h", "-3600s"), ("0ms", "0s"),
        ])
    func writing(text: String, written: String) throws {
        let duration = try #require(Duration(text: text))
        #expect(duration.text == written)
        #expect(Duration(text: written) == duration)
    }
}

@Suite("Spelling suggestions")
struct SpellingSuggestionTests {
    private static let names = ["latency", "hang", "html", "status"]

    @Test(
        "The closest name is suggested, ignoring case",
        arguments: [
            ("latncy", "latency"), ("LATENCY", "latency"), ("htm", "html"), ("hagn", "hang"), ("statuses", "status"),
        ])
    func close(text: String, name: String) {
        #expect(SpellingSuggestion.closest(to: text, among: Self.names) == name)
    }

    @Test("A name that resembles no known name gets the list instead of a suggestion")
    func far() {
        #expect(SpellingSuggestion.closest(to: "certificate", among: Self.names) == nil)
        #expect(
            SpellingSuggestion.message(unknown: "kind", "certificate", among: Self.names)
                == "unknown kind certificate; the known names are hang, html, latency, status")
        #expect(
            SpellingSuggestion.message(unknown: "kind", "htm", among: Self.names)
                == "unknown kind htm; did you mean html?")
    }
}

@Suite("The emulator's clock")
struct EmulatorClockTests {
    @Test("The clock can be moved forwards and backwards")
    func moving() {
        let clock = EmulatorClock.frozen()
        clock.advance(by: 90)
        #expect(clock.seconds == EmulatorClock.testTime + 90)
        clock.advance(by: -100.5)
        #expect(clock.now == Date(timeIntervalSince1970: Double(EmulatorClock.testTime) - 10.5))
    }

    @Test("A clock that is ahead keeps its distance when the other clock moves")
    func skew() {
        let clock = EmulatorClock.frozen()
        let ahead = clock.ahead(by: 600)
        let behind = clock.ahead(by: -600)
        clock.advance(by: 60)
        #expect(ahead.seconds == EmulatorClock.testTime + 660)
        #expect(behind.seconds == EmulatorClock.testTime - 540)
        ahead.advance(by: 1)
        #expect(clock.seconds == EmulatorClock.testTime + 60)
    }

    @Test("The clock starts with the machine's time")
    func machineTime() {
        let before = Date()
        let now = EmulatorClock().now
        #expect(before <= now)
        #expect(now <= Date())
    }
}

@Suite("Base64 for URLs")
struct Base64URLTests {
    @Test("Encoded text has only URL-safe characters without padding, and is decoded to the same bytes")
    func roundTrip() {
        for count in 0...5 {
            let data = Data(repeating: 0xFB, count: count)
            let text = data.base64URL
            #expect(!text.contains { "+/=".contains($0) })
            #expect(Data(base64URL: text) == data)
        }
        #expect(Data(base64URL: "not base64!") == nil)
    }
}
