internal import ProviderCore

/// One reader of what others have written, and what must hold for any input.
struct FuzzTarget: Sendable {
    var name: String
    /// Longer inputs only slow the search down.
    var maximumBytes: Int
    var body: @Sendable (UnsafeRawBufferPointer) -> Void

    init(_ name: String, _ maximumBytes: Int = 4096, _ body: @escaping @Sendable (UnsafeRawBufferPointer) -> Void) {
        self.name = name
        self.maximumBytes = maximumBytes
        self.body = body
    }

    static let all: [FuzzTarget] =
        requestTargets + identityTargets + contentTargets + certificateTargets + vaultTargets + tokenTargets
        + settingsTargets + shapingTargets
}

/// What a test puts where a secret belongs: no error may repeat it.
let marker = "s3cr3t-Marker"

/// Ends the process when `condition` does not hold, which the fuzzer takes for a crash.
func require(_ condition: Bool, _ message: @autoclosure () -> String) {
    guard condition else { fatalError("PROPERTY BROKEN: \(message())") }
}

/// No rendering of `error` holds the marker.
func requireDiscreet(_ error: some Error) {
    require(!"\(error)".contains(marker), "the error shows a secret: \(error)")
    require(!String(reflecting: error).contains(marker), "the error's description shows a secret: \(error)")
}

/// An input that is consumed from the front.
struct Input {
    private(set) var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    /// A choice out of `count`.
    mutating func choice(of count: Int) -> Int {
        guard let first = rest.first else { return 0 }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        return Int(first) % count
    }

    /// The text up to the end of a line.
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
