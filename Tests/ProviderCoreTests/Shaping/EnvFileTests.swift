import TestSupport
import Testing

@testable import SecretMemory
@testable import Shaping

@Suite("EnvFile")
struct EnvFileTests {
    private func text(_ values: [(String, String)], _ dialect: EnvFile.Dialect) throws -> String {
        var envFile = EnvFile()
        envFile.dialect = dialect
        var budget = ShapingBudget.forTests
        return try envFile.file(
            of: values.map { EnvFile.Variable(name: $0.0, value: SecretBytes($0.1)) }, &budget
        ).exposedText
    }

    @Test(
        "Each dialect has its own notation",
        arguments: [
            ("plain", "'plain'", "plain", "'plain'"),
            ("", "''", "", "''"),
            ("a b#c", "'a b#c'", "a b#c", "'a b#c'"),
            ("it's", #""it's""#, "it's", #""it's""#),
            (#"it's "x\y""#, #""it's \"x\\y\"""#, #"it's "x\y""#, #""it's \"x\\y\"""#),
            (#"$a`b`"#, #"'$a`b`'"#, #"$a`b`"#, #"'$a`b`'"#),
            (#"it's $a"#, #"'it'\''s $a'"#, #"it's $a"#, #""it's $a""#),
            (#"\$"#, #"'\$'"#, #"\$"#, #""\\$""#),
        ])
    func spellings(value: String, shell: String, docker: String, dotenv: String) throws {
        #expect(try text([("A", value)], .shell) == "A=\(shell)\n")
        #expect(try text([("A", value)], .docker) == "A=\(docker)\n")
        #expect(try text([("A", value)], .dotenv) == "A=\(dotenv)\n")
    }

    @Test(
        "A value that a dialect cannot express is refused without showing it",
        arguments: [
            (.shell, "a\0b", "has a zero byte"), (.docker, "a\nb", "has a line break"),
            (.docker, "a\rb", "has a line break"),
            (.docker, String(repeating: "a", count: 65_001), "has more than 65000 bytes"),
            (.dotenv, "a${B}", "has '${' in it"), (.dotenv, "a\0", "has a zero byte"),
        ] as [(EnvFile.Dialect, String, String)])
    func refused(dialect: EnvFile.Dialect, value: String, reason: String) {
        #expect(
            throws: ShapingError(
                .invalidValue, "the value of A \(reason), which the dialect \(dialect.rawValue) cannot express")
        ) { try text([("A", value)], dialect) }
    }

    @Test("Bytes that are not text are accepted only for the shell")
    func bytes() throws {
        for dialect in EnvFile.Dialect.allCases {
            var envFile = EnvFile()
            envFile.dialect = dialect
            var budget = ShapingBudget.forTests
            let error = refusal { () throws(ShapingError) in
                try envFile.file(of: [EnvFile.Variable(name: "A", value: SecretBytes([0xFF]))], &budget)
            }
            #expect((error == nil) == (dialect == .shell))
        }
    }

    @Test(
        "A name must be valid for a variable",
        arguments: ["", "1A", "A-B", "A B", "A=B", "Ä", "A.B", "A\n", String(repeating: "A", count: 256)])
    func names(name: String) throws {
        #expect(throws: ShapingError.self) { try text([(name, "x")], .shell) }
        #expect(throws: ShapingError.self) { try text([("A", "1"), ("A", "2")], .shell) }
        #expect(try text([("_a1", "x"), ("B", "y")], .docker) == "_a1=x\nB=y\n")
    }

    @Test("An object's members become variables with names that a shell accepts")
    func members() throws {
        var envFile = EnvFile()
        envFile.dialect = .docker
        var budget = ShapingBudget.forTests
        let document = try json(#"{"user":"root","port":5432,"tls-ca":{"x":[1]},"none":null}"#)
        #expect(throws: ShapingError.self) {
            try envFile.file(of: try envFile.variables(of: document, &budget), &budget)
        }
        envFile.isUpperCase = true
        envFile.prefix = "DB_"
        let all = try envFile.file(of: try envFile.variables(of: document, &budget), &budget).exposedText
        #expect(all == "DB_USER=root\nDB_PORT=5432\nDB_TLS_CA={\"x\":[1]}\nDB_NONE=\n")
        envFile.keys = ["p*"]
        #expect(
            try envFile.file(of: try envFile.variables(of: document, &budget), &budget).exposedText == "DB_PORT=5432\n")
        envFile.keys = ["password"]
        #expect(throws: ShapingError(.missing, #"the object has no key "password""#)) {
            try envFile.variables(of: document, &budget)
        }
        #expect(throws: ShapingError(.invalidType, "variables come out of an object, and here is an array")) {
            try envFile.variables(of: try json("[]"), &budget)
        }
        envFile.prefix = "1"
        #expect(envFile.problem?.hasPrefix("is not the name") == true)
    }

    /// Every byte except zero, and texts with a meaning in a shell.
    private static var values: [[UInt8]] {
        let special = [
            "", " ", "'", "\"", "\\", "$", "`", "!", "#", "~", "*", "a'b\"c\\d$e`f`$(g)${h}\n\\n\r\n\t#i !j", "\n",
            "\\'",
            "'\\''", "$'a'", "a\\", "a\\\\", "\r", "&;|<>(){}[]?", "é€😀", "'$", "'\\",
        ].map { Array($0.utf8) }
        return special + (1...255).map { [UInt8($0)] } + [Array(1...255)]
    }

    @Test("A shell reads every byte unchanged")
    func shell() throws {
        let directory = try TemporaryDirectory()
        var envFile = EnvFile()
        var budget = ShapingBudget.forTests
        let variables = Self.values.enumerated().map {
            EnvFile.Variable(name: "V\($0.offset)", value: SecretBytes($0.element))
        }
        envFile.dialect = .shell
        try directory.write(try envFile.file(of: variables, &budget).exposedBytes, to: "env")
        let names = variables.map { "\"$\($0.name)\"" }.joined(separator: " ")
        try directory.write(". ./env\nprintf '%s\\0' \(names)\n".utf8, to: "script")
        let output = try run(["sh", "script"], in: directory)
        #expect(output == Self.values.flatMap { $0 + [0] })
    }
}
