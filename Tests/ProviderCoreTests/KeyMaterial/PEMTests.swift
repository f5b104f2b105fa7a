import KeyMaterial
import SecretMemory
import TestSupport
import Testing

@Suite("PEM")
struct PEMTests {
    private static func text(_ label: String, _ bytes: [UInt8], _ headers: [(key: String, value: String)] = [])
        -> String
    {
        PEMBlock.text(of: [PEMBlock(label: label, der: SecretBytes(bytes), headers: headers)]).exposedText
    }

    @Test("A block is written as in Go, with lines of 64 characters")
    func writes() {
        #expect(Self.text("X Y", Array("foo".utf8)) == "-----BEGIN X Y-----\nZm9v\n-----END X Y-----\n")
        #expect(Self.text("X", []) == "-----BEGIN X-----\n-----END X-----\n")
        let line = String(repeating: "A", count: 64)
        #expect(Self.text("X", [UInt8](repeating: 0, count: 48)) == "-----BEGIN X-----\n\(line)\n-----END X-----\n")
        #expect(
            Self.text("X", [UInt8](repeating: 0, count: 49)) == "-----BEGIN X-----\n\(line)\nAA==\n-----END X-----\n")
    }

    @Test("Headers are sorted, with Proc-Type first")
    func headers() {
        #expect(
            Self.text("X", [0], [("b", "2"), ("Proc-Type", "4,ENCRYPTED"), ("a", "1")])
                == "-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\na: 1\nb: 2\n\nAA==\n-----END X-----\n")
    }

    @Test("Several blocks are read, and text between them is ignored")
    func reads() {
        let text = """
            Bag Attributes
                friendlyName: x
            -----BEGIN A-----
            Zm9v
            -----END A-----
            between
            -----BEGIN CERTIFICATE-----\t\r
            k: v
            Proc-Type : 4

            Zm 9v\t\r
            YmFy\r
            -----END CERTIFICATE-----
            """
        let blocks = PEMReader.blocks(in: SecretBytes(text))
        #expect(blocks.map(\.label) == ["A", "CERTIFICATE"])
        #expect(blocks.map(\.isCertificate) == [false, true])
        #expect(blocks.map(\.der.exposedText) == ["foo", "foobar"])
        #expect(blocks.last?.headers.map { "\($0.key)=\($0.value)" } == ["k=v", "Proc-Type=4"])
    }

    @Test(
        "Text that is not a block is ignored",
        arguments: [
            "", "-----BEGIN A-----", "-----BEGIN A-----\nZm9v\n", "-----BEGIN A-----\nZm9v\n-----END B-----\n",
            "-----BEGIN A-----\n!!\n-----END A-----\n", " -----BEGIN A-----\nZm9v\n-----END A-----\n",
            "-----BEGIN A----\nZm9v\n-----END A-----\n", "-----BEGIN A-----\nZm9v\n-----END A----\n",
            "-----BEGIN A-----\nZm9v\n-----END A-----x\n", "x-----BEGIN A-----\nZm9v\n-----END A-----\n",
        ])
    func passesOver(text: String) {
        #expect(PEMReader.blocks(in: SecretBytes(text)).isEmpty)
        let good = "-----BEGIN G-----\nZm9v\n-----END G-----\n"
        #expect(PEMReader.blocks(in: SecretBytes(text + "\n" + good)).map(\.label) == ["G"])
    }

    @Test("An empty block is a block")
    func emptyBlock() {
        let blocks = PEMReader.blocks(in: SecretBytes("-----BEGIN A-----\n-----END A-----"))
        #expect(blocks.map(\.label) == ["A"])
        #expect(blocks.first?.der.isEmpty == true)
    }

    @Test("No mutation of a text traps, and the blocks that are read are the same after writing and reading")
    func mutations() {
        let valid = Array((Self.text("A", Array(0..<100), [("k", "v")]) + Self.text("CERTIFICATE", Array(0..<60))).utf8)
        var random = SeededRandom(seed: 4)
        for _ in 0..<2000 {
            let blocks = PEMReader.blocks(in: SecretBytes(random.mutation(of: valid)))
            let again = PEMReader.blocks(in: PEMBlock.text(of: blocks))
            #expect(again.map(\.der.exposedBytes) == blocks.map(\.der.exposedBytes))
        }
    }
}
