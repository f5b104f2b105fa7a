package import SecretMemory

/// A PEM block, read and written like Go's encoding/pem. The scripts of users and the driver's synced TLS Secrets
/// depend on the exact bytes.
package struct PEMBlock: Sendable {
    package var label: String
    /// The headers. Only PEM that was written to the vault manually has some; they are kept when blocks are split.
    package var headers: [(key: String, value: String)]
    package var der: SecretBytes

    package init(label: String, der: SecretBytes, headers: [(key: String, value: String)] = []) {
        self.label = label
        self.der = der
        self.headers = headers
    }

    package var isCertificate: Bool { label == "CERTIFICATE" }

    /// Appends the block with lines of 64 characters. Headers are sorted, with Proc-Type first.
    package func write(to builder: inout SecretBytesBuilder) {
        builder.append(contentsOf: "-----BEGIN \(label)-----\n".utf8)
        if !headers.isEmpty {
            let sorted = headers.sorted { a, b in
                if (a.key == "Proc-Type") != (b.key == "Proc-Type") { return a.key == "Proc-Type" }
                return a.key < b.key
            }
            for header in sorted { builder.append(contentsOf: "\(header.key): \(header.value)\n".utf8) }
            builder.append(0x0A)
        }
        der.withExposed { Base64.encode($0, into: &builder, lineLength: 64) }
        if !der.isEmpty { builder.append(0x0A) }
        builder.append(contentsOf: "-----END \(label)-----\n".utf8)
    }

    package static func text(of blocks: some Sequence<PEMBlock>) -> SecretBytes {
        var builder = SecretBytesBuilder(capacity: 4096)
        for block in blocks { block.write(to: &builder) }
        return builder.finish()
    }
}

/// Finds the PEM blocks in a text. Text between blocks and malformed blocks are ignored.
package struct PEMReader {
    private static let begin = Array("-----BEGIN ".utf8)
    private static let end = Array("-----END ".utf8)
    private static let dashes = Array("-----".utf8)

    package static func blocks(in text: SecretBytes) -> [PEMBlock] {
        text.withExposed { bytes in
            var blocks: [PEMBlock] = []
            var lines = LineReader(bytes: bytes)
            while let line = lines.next() {
                guard let label = label(of: line, after: begin) else { continue }
                let resume = lines
                if let block = body(label: label, &lines) {
                    blocks.append(block)
                } else {
                    lines = resume
                }
            }
            return blocks
        }
    }

    private static func label(of line: UnsafeRawBufferPointer, after marker: [UInt8]) -> String? {
        guard line.starts(with: marker), line.count >= marker.count + dashes.count,
            line.suffix(dashes.count).elementsEqual(dashes)
        else { return nil }
        return String(decoding: line[marker.count..<line.count - dashes.count], as: UTF8.self)
    }

    /// Reads headers and base64 up to the matching END line. Returns nil if it is missing or the base64 is invalid.
    private static func body(label: String, _ lines: inout LineReader) -> PEMBlock? {
        var headers: [(key: String, value: String)] = []
        var base64 = SecretBytesBuilder(capacity: 4096)
        var inHeaders = true
        while let line = lines.next() {
            if let ending = self.label(of: line, after: end) {
                guard ending == label else { return nil }
                let encoded = base64.finish()
                guard let der = encoded.withExposed({ Base64.decode($0, alphabet: .standard) }) else { return nil }
                return PEMBlock(label: label, der: der, headers: headers)
            }
            if line.starts(with: begin) { return nil }
            if inHeaders, let colon = line.firstIndex(of: UInt8(ascii: ":")) {
                let key = String(decoding: line[..<colon], as: UTF8.self).trimmingSpace()
                let value = String(decoding: line[(colon + 1)...], as: UTF8.self).trimmingSpace()
                headers.append((key, value))
                continue
            }
            inHeaders = false
            for byte in line where byte != 0x20 && byte != 0x09 { base64.append(byte) }
        }
        return nil
    }

    /// Reads lines, without their line breaks and without white space before those.
    private struct LineReader {
        let bytes: UnsafeRawBufferPointer
        var index = 0

        mutating func next() -> UnsafeRawBufferPointer? {
            guard index < bytes.count else { return nil }
            let start = index
            while index < bytes.count, bytes[index] != 0x0A { index += 1 }
            var end = index
            index += 1
            while end > start, [0x0D, 0x20, 0x09].contains(bytes[end - 1]) { end -= 1 }
            return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
        }
    }
}
