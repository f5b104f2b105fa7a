/// Writes protobuf's wire format into memory of exactly the encoded size.
struct ProtobufOutput {
    private let bytes: UnsafeMutableRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeMutableRawBufferPointer) {
        self.bytes = bytes
    }

    /// Whether every byte has been written.
    var isComplete: Bool { position == bytes.count }

    mutating func append(varint value: Int) {
        var rest = UInt64(truncatingIfNeeded: value)
        while rest >= 0x80 {
            bytes[position] = UInt8(truncatingIfNeeded: rest) | 0x80
            position += 1
            rest >>= 7
        }
        bytes[position] = UInt8(rest)
        position += 1
    }

    /// A field of bytes or text, which an empty one does not have.
    mutating func append(_ field: Int, _ content: UnsafeRawBufferPointer) {
        if content.isEmpty { return }
        appendHeader(field, count: content.count)
        UnsafeMutableRawBufferPointer(rebasing: bytes[position...]).copyMemory(from: content)
        position += content.count
    }

    mutating func append(_ field: Int, _ text: String) {
        var text = text
        text.withUTF8 { append(field, UnsafeRawBufferPointer($0)) }
    }

    /// A field of a number, which zero does not have.
    mutating func append(_ field: Int, number: Int) {
        if number == 0 { return }
        append(varint: field << 3)
        append(varint: number)
    }

    /// Begins a field of `count` bytes.
    mutating func appendHeader(_ field: Int, count: Int) {
        append(varint: field << 3 | 2)
        append(varint: count)
    }

    static func size(varint value: Int) -> Int { max(1, (Int.bitWidth - value.leadingZeroBitCount + 6) / 7) }

    static func size(bytes count: Int) -> Int { count == 0 ? 0 : size(message: count) }

    static func size(message count: Int) -> Int { 1 + size(varint: count) + count }
}

/// `MountResponse` of `proto/v1alpha1/service.proto`.
extension MountResponseMessage {
    /// The size of the encoded message, in bytes.
    var encodedSize: Int {
        files.reduce(objectVersions.reduce(0) { $0 + ProtobufOutput.size(message: $1.encodedSize) }) {
            $0 + ProtobufOutput.size(message: $1.encodedSize)
        }
    }

    func encode(into output: inout ProtobufOutput) {
        for object in objectVersions {
            output.appendHeader(1, count: object.encodedSize)
            output.append(1, object.id)
            output.append(2, object.version)
        }
        for file in files {
            output.appendHeader(3, count: file.encodedSize)
            output.append(1, file.path)
            output.append(2, number: Int(file.mode))
            file.contents.withBytes { output.append(3, $0) }
        }
        precondition(output.isComplete, "a response must fill its memory")
    }
}

extension ObjectVersionMessage {
    fileprivate var encodedSize: Int {
        ProtobufOutput.size(bytes: id.utf8.count) + ProtobufOutput.size(bytes: version.utf8.count)
    }
}

extension MountResponseMessage.File {
    fileprivate var encodedSize: Int {
        var count = 0
        contents.withBytes { count = $0.count }
        return ProtobufOutput.size(bytes: path.utf8.count)
            + (mode == 0 ? 0 : 1 + ProtobufOutput.size(varint: Int(mode)))
            + ProtobufOutput.size(bytes: count)
    }
}
