internal import SecretMemory

@testable internal import KeyMaterial
@testable internal import ProviderCore

/// Encodings and formats of vault contents, and their conversion to files.
let contentTargets = [
    FuzzTarget("base64", 1024) { bytes in
        for alphabet in [Base64.Alphabet.standard, .url] {
            guard let decoded = Base64.decode(bytes, alphabet: alphabet) else { continue }
            var builder = SecretBytesBuilder()
            decoded.withExposed { Base64.encode($0, into: &builder, lineLength: 64) }
            let again = builder.finish().withExposed { Base64.decode($0, alphabet: .standard) }
            require(again?.shown == decoded.shown, "encoding and decoding changes the bytes")
            require(decoded.count <= bytes.count / 4 * 3 + 2, "\(decoded.count) bytes from \(bytes.count) digits")
        }
        guard let decoded = try? Hex.decode(bytes) else { return }
        require(decoded.count * 2 == bytes.count, "hexadecimal digits are lost")
        let digits = decoded.shown.flatMap {
            Array(String($0 >> 4, radix: 16).utf8) + Array(String($0 & 0xF, radix: 16).utf8)
        }
        require(digits == bytes.map { $0 >= 0x41 && $0 <= 0x46 ? $0 | 0x20 : $0 }, "hexadecimal digits change")
    },
    FuzzTarget("pem", 4096) { bytes in
        let blocks = PEMReader.blocks(in: SecretBytes(copying: bytes))
        // A header can look like the start of a block after its leading space is removed, as in Go.
        if blocks.contains(where: { block in block.headers.contains { ($0.key + $0.value).contains("-----") } }) {
            return
        }
        let text = PEMBlock.text(of: blocks)
        let again = PEMReader.blocks(in: text)
        require(again.map(\.label) == blocks.map(\.label), "labels change")
        require(again.map(\.der.shown) == blocks.map(\.der.shown), "contents change")
        require(again.map(\.headers.count) == blocks.map(\.headers.count), "headers change")
        require(PEMBlock.text(of: again).shown == text.shown, "rewriting changes the text")
        for block in blocks {
            guard let traditional = try? PrivateKeyInfo.traditional(block) else { continue }
            require(traditional.label.hasSuffix("PRIVATE KEY"), "the label of a key is \(traditional.label)")
        }
    },
    FuzzTarget("der", 2048) { bytes in
        let file = SecretBytes(copying: bytes)
        guard let element = try? DERElement.parse(file) else { return }
        checkDER(element, depth: 0)
        if let key = try? PrivateKeyInfo.canonical(file) {
            require(
                (try? PrivateKeyInfo.canonical(key))?.shown == key.shown,
                "the canonical form of a canonical key is different")
        }
        _ = try? PrivateKeyInfo.traditional(PEMBlock(label: "PRIVATE KEY", der: file))
    },
    FuzzTarget("secret-content", 8192) { bytes in
        var input = Input(bytes)
        let types = ["application/x-pem-file", "application/x-pkcs12", "text/plain", nil]
        let contentType = types[input.choice(of: types.count)]
        let shape = input.choice(of: 48)
        var object = KeyVaultObject(name: "name", type: .secret)
        object.format = shape & 1 == 0 ? .pem : .pfx
        object.encoding = [.utf8, .base64, .hex][shape / 16]
        let conversion = ContentConversion(
            constructsChain: shape & 2 == 0, separatesCertificateAndKey: shape & 4 == 0)
        let value = SecretBytes(input.secret.shown + Array(marker.utf8))
        for value in [input.secret, value] {
            let bundle = SecretBundle(
                value: value, version: "1", contentType: contentType, isCertificate: shape & 8 == 0)
            do throws(ProviderError) {
                let files = try conversion.files(for: .secret(bundle), object: object)
                require(Set(files.map(\.suffix)).count == files.count, "two files have the same name")
                if bundle.isCertificate, contentType == types[1], object.format == .pem, object.encoding == .utf8 {
                    let blocks = files.flatMap { PEMReader.blocks(in: $0.contents) }
                    let keys = blocks.filter { !$0.isCertificate }
                    require(keys.allSatisfy { (try? DERElement.parse($0.der)) != nil }, "a key is not DER")
                }
                require(
                    files.allSatisfy { ["", ".crt", ".key"].contains($0.suffix) }, "a file has an unexpected suffix")
            } catch {
                requireDiscreet(error)
            }
        }
    },
]

private func checkDER(_ element: DERElement, depth: Int) {
    guard depth < 40 else { return }
    let again = try? DERElement.parse(DERWriter.element(element.tag, [element.content.copy()]))
    require(again?.content.bytes() == element.content.bytes(), "rewriting changes an element")
    require(element.encoding.count >= element.content.count + 2, "an element is smaller than its content")
    if let identifier = try? element.objectIdentifier() {
        require(identifier.split(separator: ".").count >= 2, "object identifier \(identifier)")
    }
    if let number = try? element.integer() {
        require(number >= 0, "integer \(number)")
        let bytes = withUnsafeBytes(of: number.bigEndian) { Array($0) }
        let written = try? DERElement.parse(DERWriter.integer(bytes)).integer()
        require(written == number, "rewriting changes integer \(number) to \(written ?? -1)")
    }
    if let octets = try? element.octets() { require(octets.count <= element.content.count, "more octets than content") }
    for child in (try? element.children()) ?? [] { checkDER(child, depth: depth + 1) }
}
