internal import SecretMemory

/// Formats and checks times in seconds since 1970, in UTC, in the notation of RFC 3339.
package enum Timestamp {
    package static func text(_ seconds: Int) -> String {
        let (days, rest) = seconds.quotientAndRemainderFloored(dividingBy: 86_400)
        let (year, month, day) = civil(days)
        func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
        return "\(year)-\(two(month))-\(two(day))T\(two(rest / 3600)):\(two(rest / 60 % 60)):\(two(rest % 60))Z"
    }

    /// Whether `text` is an RFC 3339 timestamp, by the rules of Go's decoder.
    package static func isValid(_ text: String) -> Bool {
        var reader = Reader(rest: Array(text.utf8)[...])
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T"), let hour = reader.number(2), reader.skip(":"),
            let minute = reader.number(2), reader.skip(":"), let second = reader.number(2)
        else { return false }
        if reader.skip(".") {
            guard reader.number(1) != nil else { return false }
            while reader.number(1) != nil {}
        }
        if !reader.skip("Z") {
            guard reader.skip("+") || reader.skip("-"), let zoneHour = reader.number(2), reader.skip(":"),
                let zoneMinute = reader.number(2), zoneHour < 24, zoneMinute < 60
            else { return false }
        }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        return reader.rest.isEmpty && (1...12).contains(month) && (1...lengths[month - 1]).contains(day) && hour < 24
            && minute < 60 && second < 60
    }

    private struct Reader {
        var rest: ArraySlice<UInt8>

        mutating func number(_ digits: Int) -> Int? {
            guard rest.count >= digits, rest.prefix(digits).allSatisfy({ ASCII.digits.contains($0) }) else {
                return nil
            }
            defer { rest = rest.dropFirst(digits) }
            return rest.prefix(digits).reduce(0) { $0 * 10 + Int($1 - 0x30) }
        }

        mutating func skip(_ character: Unicode.Scalar) -> Bool {
            guard rest.first == UInt8(ascii: character) else { return false }
            rest = rest.dropFirst()
            return true
        }
    }

    /// Returns the seconds since 1970 of a text in the format of `text(_:)`, and 0 for any other text.
    package static func seconds(ofUTC text: String) -> Int {
        let numbers = text.split { !("0"..."9").contains($0) }.compactMap { Int($0) }
        guard text.utf8.count == 20, numbers.count == 6 else { return 0 }
        // Years begin in March, so that the leap day is the last day of a year.
        let year = numbers[1] > 2 ? numbers[0] : numbers[0] - 1
        let monthFromMarch = (numbers[1] + 9) % 12
        let days = year * 365 + year / 4 - year / 100 + year / 400 + (153 * monthFromMarch + 2) / 5 + numbers[2] - 1
        return (days - 719_468) * 86_400 + numbers[3] * 3600 + numbers[4] * 60 + numbers[5]
    }

    /// Returns the Gregorian date for a number of days since 1970.
    private static func civil(_ days: Int) -> (year: Int, month: Int, day: Int) {
        let shifted = days + 719_468
        let (era, dayOfEra) = shifted.quotientAndRemainderFloored(dividingBy: 146_097)
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let shiftedMonth = (5 * dayOfYear + 2) / 153
        let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
        return (
            yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
        )
    }
}

extension Int {
    fileprivate func quotientAndRemainderFloored(dividingBy divisor: Int) -> (Int, Int) {
        let (quotient, remainder) = quotientAndRemainder(dividingBy: divisor)
        return remainder < 0 ? (quotient - 1, remainder + divisor) : (quotient, remainder)
    }
}
