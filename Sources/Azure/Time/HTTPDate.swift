internal import Glibc

/// Parses dates in HTTP's formats (RFC 9110, section 5.6.7): `Sun, 06 Nov 1994 08:49:37 GMT`, and the two older formats
/// `Sunday, 06-Nov-94 08:49:37 GMT` and `Sun Nov  6 08:49:37 1994`.
///
/// This is our own parser because FoundationEssentials only parses ISO 8601, the whole of Foundation is too large for
/// the node, and Swift's Glibc module does not have strptime.
package enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    /// A two-digit year from this one on belongs to the last century, and a smaller one to this century.
    private static let firstShortYear: Int32 = 70

    /// Returns seconds since 1970, or nil if `text` is not a valid date.
    package static func seconds(_ text: String) -> Int? {
        let parts = text.split(separator: " ")
        switch parts.count {
        case 6 where parts[5] == "GMT":
            return seconds(day: parts[1], month: parts[2], year: number(parts[3], digits: 4), clock: parts[4])
        case 4 where parts[3] == "GMT":
            let date = parts[1].split(separator: "-", omittingEmptySubsequences: false)
            guard date.count == 3, let year = number(date[2], digits: 2) else { return nil }
            return seconds(
                day: date[0], month: date[1], year: year < firstShortYear ? 2000 + year : 1900 + year, clock: parts[2])
        case 5: return seconds(day: parts[2], month: parts[1], year: number(parts[4], digits: 4), clock: parts[3])
        default: return nil
        }
    }

    private static func number(_ text: Substring, digits: Int) -> Int32? {
        guard text.utf8.count == digits, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
        return Int32(text)
    }

    private static func seconds(day: Substring, month: Substring, year: Int32?, clock: Substring) -> Int? {
        guard let day = Int32(day), (1...31).contains(day), let month = months.firstIndex(of: String(month)), let year,
            (1970...9999).contains(year)
        else { return nil }
        let clock = clock.split(separator: ":").compactMap { Int32($0) }
        guard clock.count == 3, (0..<24).contains(clock[0]), (0..<60).contains(clock[1]), (0...60).contains(clock[2])
        else { return nil }
        var date = tm()
        (date.tm_year, date.tm_mon, date.tm_mday) = (year - 1900, Int32(month), day)
        (date.tm_hour, date.tm_min, date.tm_sec) = (clock[0], clock[1], clock[2])
        return timegm(&date)
    }
}
