package import SecretMemory

/// The reason why bytes are not the expected ASN.1 structure.
package struct DERError: Error, Equatable, Sendable {
    package var reason: String

    package init(_ reason: String) {
        self.reason = reason
    }
}

/// A range of a secret buffer, without a copy.
package struct SecretSlice: Sendable {
    let base: SecretBytes
    let range: Range<Int>

    init(_ base: SecretBytes) {
        self.base = base
        range = 0..<base.count
    }

    init(base: SecretBytes, range: Range<Int>) {
        self.base = base
        self.range = range
    }

    package var count: Int { range.count }

    package func withExposed<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try base.withExposed { bytes throws(Failure) in try body(UnsafeRawBufferPointer(rebasing: bytes[range])) }
    }

    package func copy() -> SecretBytes { withExposed { SecretBytes(copying: $0) } }
    package func bytes() -> [UInt8] { withExposed { Array($0) } }
}

/// One element of a DER or BER encoding. Reading never copies and never traps.
package struct DERElement: Sendable {
    /// The tag bytes of the elements that the readers expect.
    package enum Tag {
        package static let integer: UInt8 = 0x02
        package static let bitString: UInt8 = 0x03
        package static let octetString: UInt8 = 0x04
        package static let null: UInt8 = 0x05
        package static let objectIdentifier: UInt8 = 0x06
        package static let sequence: UInt8 = 0x30
        package static let set: UInt8 = 0x31
        /// Returns a context-specific tag of a constructed element.
        package static func context(_ number: UInt8) -> UInt8 { 0xA0 | number }
        /// Returns a context-specific tag of a primitive element.
        package static func primitiveContext(_ number: UInt8) -> UInt8 { 0x80 | number }
    }

    package let tag: UInt8
    package let content: SecretSlice
    /// The bytes of tag, length and content.
    package let encoding: SecretSlice

    private static let maximumDepth = 32

    package static func parse(_ bytes: SecretBytes) throws(DERError) -> DERElement {
        try parse(SecretSlice(bytes))
    }

    /// Parses `slice`, which must consist of exactly one element.
    package static func parse(_ slice: SecretSlice) throws(DERError) -> DERElement {
        var reader = DERReader(slice)
        let element = try reader.next()
        guard reader.isAtEnd else { throw DERError("trailing data") }
        return element
    }

    package func expecting(_ tag: UInt8, _ what: String) throws(DERError) -> DERElement {
        guard self.tag == tag else { throw DERError("\(what) expected") }
        return self
    }

    /// Returns the elements inside this one.
    package func children() throws(DERError) -> [DERElement] {
        var reader = DERReader(content)
        var elements: [DERElement] = []
        while !reader.isAtEnd { elements.append(try reader.next()) }
        return elements
    }

    package func reader() -> DERReader { DERReader(content) }

    /// Returns an object identifier in dotted notation.
    package func objectIdentifier() throws(DERError) -> String {
        guard tag == Tag.objectIdentifier, content.count > 0, content.count <= 64 else {
            throw DERError("object identifier expected")
        }
        var arcs: [UInt64] = []
        var value: UInt64 = 0
        var isComplete = true
        for byte in content.bytes() {
            guard value <= UInt64.max >> 7 else { throw DERError("object identifier too large") }
            value = value << 7 | UInt64(byte & 0x7F)
            isComplete = byte & 0x80 == 0
            if isComplete {
                if arcs.isEmpty {
                    let first = min(value / 40, 2)
                    arcs = [first, value - first * 40]
                } else {
                    arcs.append(value)
                }
                value = 0
            }
        }
        guard isComplete else { throw DERError("object identifier cut off") }
        return arcs.map(String.init).joined(separator: ".")
    }

    /// Returns a small non-negative integer.
    package func integer() throws(DERError) -> Int {
        guard tag == Tag.integer, (1...5).contains(content.count) else { throw DERError("small integer expected") }
        let bytes = content.bytes()
        guard bytes[0] & 0x80 == 0 else { throw DERError("negative integer") }
        return bytes.reduce(0) { $0 << 8 | Int($1) }
    }

    /// Returns the bytes of an octet string, including those that BER split into pieces.
    package func octets() throws(DERError) -> SecretBytes {
        if tag == Tag.octetString || tag & 0xE0 == 0x80 { return content.copy() }
        guard tag == Tag.octetString | 0x20 || tag & 0xE0 == 0xA0 else { throw DERError("octet string expected") }
        return try joinedOctets(depth: 0)
    }

    private func joinedOctets(depth: Int) throws(DERError) -> SecretBytes {
        guard depth < Self.maximumDepth else { throw DERError("octet string nested too deeply") }
        var builder = SecretBytesBuilder(capacity: content.count)
        for child in try children() {
            guard child.tag & 0x1F == Tag.octetString else { throw DERError("octet string expected") }
            let part = child.tag & 0x20 == 0 ? child.content.copy() : try child.joinedOctets(depth: depth + 1)
            part.withExposed { builder.append($0) }
        }
        return builder.finish()
    }
}

/// Reads a sequence of elements one after another.
package struct DERReader {
    private let slice: SecretSlice
    private var index: Int

    private static let maximumDepth = 32

    init(_ slice: SecretSlice) {
        self.slice = slice
        index = slice.range.lowerBound
    }

    package var isAtEnd: Bool { index >= slice.range.upperBound }

    /// The tag of the next element; nil at the end.
    package var nextTag: UInt8? {
        isAtEnd ? nil : slice.base.withExposed { $0[index] }
    }

    package mutating func next() throws(DERError) -> DERElement {
        let (element, end) = try Self.element(slice.base, from: index, to: slice.range.upperBound, depth: 0)
        index = end
        return element
    }

    package mutating func next(_ tag: UInt8, _ what: String) throws(DERError) -> DERElement {
        guard !isAtEnd else { throw DERError("\(what) missing") }
        return try next().expecting(tag, what)
    }

    private static func element(
        _ base: SecretBytes, from start: Int, to end: Int, depth: Int
    ) throws(DERError) -> (DERElement, Int) {
        guard depth < maximumDepth else { throw DERError("nested too deeply") }
        guard start + 2 <= end else { throw DERError("cut off") }
        let (tag, first) = base.withExposed { ($0[start], $0[start + 1]) }
        guard tag & 0x1F != 0x1F else { throw DERError("multi-byte tag") }
        var index = start + 2
        if first == 0x80 {
            // BER's indefinite length ends at an end-of-contents marker.
            guard tag & 0x20 != 0 else { throw DERError("indefinite length of a primitive") }
            let contentStart = index
            while true {
                guard index + 2 <= end else { throw DERError("cut off") }
                if base.withExposed({ $0[index] == 0 && $0[index + 1] == 0 }) { break }
                index = try element(base, from: index, to: end, depth: depth + 1).1
            }
            let element = DERElement(
                tag: tag, content: SecretSlice(base: base, range: contentStart..<index),
                encoding: SecretSlice(base: base, range: start..<index + 2))
            return (element, index + 2)
        }
        var length = Int(first)
        if first & 0x80 != 0 {
            let count = Int(first & 0x7F)
            guard count <= 4, index + count <= end else { throw DERError("bad length") }
            length = base.withExposed { bytes in bytes[index..<index + count].reduce(0) { $0 << 8 | Int($1) } }
            index += count
        }
        guard length <= end - index else { throw DERError("cut off") }
        let element = DERElement(
            tag: tag, content: SecretSlice(base: base, range: index..<index + length),
            encoding: SecretSlice(base: base, range: start..<index + length))
        return (element, index + length)
    }
}

/// Writes DER from the innermost element outwards.
package enum DERWriter {
    package static func element(_ tag: UInt8, _ parts: [SecretBytes]) -> SecretBytes {
        let length = parts.reduce(0) { $0 + $1.count }
        var builder = SecretBytesBuilder(capacity: length + 6)
        builder.append(tag)
        if length < 0x80 {
            builder.append(UInt8(length))
        } else {
            let bytes = withUnsafeBytes(of: UInt32(length).bigEndian) { Array($0.drop { $0 == 0 }) }
            builder.append(0x80 | UInt8(bytes.count))
            builder.append(contentsOf: bytes)
        }
        for part in parts { part.withExposed { builder.append($0) } }
        return builder.finish()
    }

    package static func sequence(_ parts: SecretBytes...) -> SecretBytes { element(DERElement.Tag.sequence, parts) }
    package static func octetString(_ content: SecretBytes) -> SecretBytes {
        element(DERElement.Tag.octetString, [content])
    }
    package static func bitString(_ content: SecretBytes) -> SecretBytes {
        element(DERElement.Tag.bitString, [SecretBytes([0]), content])
    }
    package static var null: SecretBytes { element(DERElement.Tag.null, []) }

    /// Returns an unsigned big-endian number in its shortest non-negative form.
    package static func integer(_ magnitude: some Collection<UInt8>) -> SecretBytes {
        let digits = magnitude.drop { $0 == 0 }
        let needsZero = (digits.first ?? 0x80) & 0x80 != 0
        return element(DERElement.Tag.integer, [SecretBytes(needsZero ? [0] : []), SecretBytes(digits)])
    }

    /// Returns an object identifier from its dotted notation, which must be valid.
    package static func objectIdentifier(_ dotted: StaticString) -> SecretBytes {
        let arcs = dotted.description.split(separator: ".").compactMap { UInt64($0) }
        guard arcs.count >= 2 else { return element(DERElement.Tag.objectIdentifier, []) }
        var content: [UInt8] = []
        for value in [arcs[0] * 40 + arcs[1]] + arcs.dropFirst(2) {
            var groups = [UInt8(value & 0x7F)]
            var rest = value >> 7
            while rest > 0 {
                groups.append(UInt8(rest & 0x7F) | 0x80)
                rest >>= 7
            }
            content += groups.reversed()
        }
        return element(DERElement.Tag.objectIdentifier, [SecretBytes(content)])
    }
}
