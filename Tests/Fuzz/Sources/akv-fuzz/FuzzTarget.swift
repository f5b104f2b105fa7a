internal import SecretMemory

/// One parser of untrusted input, and the properties that must hold for any input.
struct FuzzTarget: Sendable {
    var name: String
    /// The longest input to try. Longer inputs slow the search down and reach no new code.
    var maximumBytes: Int
    var body: @Sendable (UnsafeRawBufferPointer) -> Void

    init(_ name: String, _ maximumBytes: Int = 4096, _ body: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.name = name
        self.maximumBytes = maximumBytes
        self.body = body
    }

    static let all: [FuzzTarget] =
        requestTargets + identityTargets + contentTargets + certificateTargets + vaultTargets + tokenTargets
        + volumeTargets + settingsTargets + shapingTargets
}

/// Stands for a secret in an input. No error may contain it.
let marker = "s3cr3t-Marker"

/// Ends the process if `condition` is false. The fuzzer treats this as a crash and saves the input.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    guard condition else { fatalError("PROPERTY BROKEN: \(message())") }
}

/// Requires that no description of `error` contains the marker.
func requireDiscreet(_ error: some Error) {
    require(!"\(error)".contains(marker), "the error shows a secret: \(error)")
    require(!String(reflecting: error).contains(marker), "the error's debug description shows a secret: \(error)")
}

/// An input that a target consumes from the front.
struct Input {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// Consumes one byte and returns a number below `count`. An empty input gives 0.
    mutating func choice(of count: Int) -> Int {
        guard let first = rest.first else { return 0 }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        return Int(first) % count
    }

    /// Consumes a line and returns it without its line feed.
    mutating func line() -> String {
        let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
        defer { rest = UnsafeRawBufferPointer(rebasing: rest[min(end + 1, rest.endIndex)...]) }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    var text: String { String(decoding: rest, as: UTF8.self) }
    var secret: SecretBytes { SecretBytes(copying: rest) }
}

extension SecretBytes {
    var shown: [UInt8] { withExposed { Array($0) } }
    var shownText: String { withExposed { String(decoding: $0, as: UTF8.self) } }
}
