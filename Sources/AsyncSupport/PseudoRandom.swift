internal import Synchronization

/// Random numbers for IDs and jitter, which need not be secret. Unlike those of the system, they need no call of the
/// kernel.
///
/// All values share the state of the process: the generator SplitMix64 (Steele, Lea and Flood, 2014), which begins at a
/// random number of the system. It can be used from any thread.
package struct PseudoRandom: RandomNumberGenerator, Sendable {
    private static let state = Atomic<UInt64>(UInt64.random(in: 0 ... .max))

    package init() {}

    package mutating func next() -> UInt64 {
        var number = Self.state.wrappingAdd(0x9E37_79B9_7F4A_7C15, ordering: .relaxed).newValue
        number = (number ^ number >> 30) &* 0xBF58_476D_1CE4_E5B9
        number = (number ^ number >> 27) &* 0x94D0_49BB_1331_11EB
        return number ^ number >> 31
    }
}
