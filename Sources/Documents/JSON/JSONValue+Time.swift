extension JSONValue {
    /// A time in seconds since 1970, or a duration in seconds, from 0 to the end of the year 9999. It is nil for any
    /// other value: services and tokens can contain any number, and arithmetic with it could overflow.
    package var seconds: Int? {
        guard let number = integer, (0...253_402_300_799).contains(number) else { return nil }
        return number
    }
}
