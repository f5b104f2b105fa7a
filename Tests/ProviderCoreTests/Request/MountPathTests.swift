import ProviderCore
import Testing

@Suite("MountPath")
struct MountPathTests {
    @Test(
        "A plain relative path is accepted",
        arguments: [
            "a", "a/b/c", ".hidden", "a.b", "a b", "é", "a.", "-", "~", "a\\b", "a/.b",
            String(repeating: "x", count: 255),
        ])
    func fine(path: String) {
        #expect(MountPath.problem(with: path) == nil)
    }

    @Test(
        "A path that the driver would refuse is refused with the reason",
        arguments: [
            ("", "file name must not be empty"), ("/", "file name must be a relative path"),
            ("/a", "file name must be a relative path"), ("..", "file name must not contain '..'"),
            ("a/..", "file name must not contain '..'"), ("../a", "file name must not contain '..'"),
            ("..data", "file name must not contain '..'"), ("a..b", "file name must not contain '..'"),
            ("a...b", "file name must not contain '..'"), ("a\0b", "file name must not contain a zero byte"),
            (".", "file name must be in its shortest form, without '.', '//' or a '/' at the end"),
            ("./a", "file name must be in its shortest form, without '.', '//' or a '/' at the end"),
            ("a/./b", "file name must be in its shortest form, without '.', '//' or a '/' at the end"),
            ("a//b", "file name must be in its shortest form, without '.', '//' or a '/' at the end"),
            ("a/", "file name must be in its shortest form, without '.', '//' or a '/' at the end"),
            ("a/" + String(repeating: "x", count: 256), "file name has an element of more than 255 bytes"),
            (String(repeating: "é", count: 128), "file name has an element of more than 255 bytes"),
            (String(repeating: "abcd/", count: 800) + "e", "file name has more than 4000 bytes"),
        ])
    func refused(path: String, problem: String) {
        #expect(MountPath.problem(with: path) == problem)
    }

    // Swift's characters are more than one byte: a combining mark merges with the dot or slash before.
    @Test(
        "A combining mark does not hide a dot or a slash",
        arguments: [
            ("/\u{301}a", "file name must be a relative path"), ("..\u{301}", "file name must not contain '..'"),
            ("a/.\u{301}./b", nil),
            ("a//\u{301}b", "file name must be in its shortest form, without '.', '//' or a '/' at the end"),
            (String(repeating: "x", count: 200) + "/\u{301}" + String(repeating: "y", count: 200), nil),
        ] as [(String, String?)])
    func combiningMarks(path: String, problem: String?) {
        #expect(MountPath.problem(with: path) == problem)
    }

    @Test(
        "Paths that exclude each other are found in any order",
        arguments: [
            (["a", "b"], nil), (["a", "a"], [0, 1]), (["a", "b", "c", "b"], [1, 3]), (["a", "a/b"], [0, 1]),
            (["a/b", "a"], [0, 1]), (["x", "a/b/c", "a/b"], [1, 2]), (["a/b", "a/c"], nil), (["a", "ab/c"], nil),
            (["a.b", "a/b"], nil), (["a/b/c", "x", "a"], [0, 2]), ([], nil),
            // Two different files on Linux, but equal strings in Swift.
            (["\u{E9}", "e\u{301}"], nil), (["a", "a/\u{301}b"], [0, 1]),
        ] as [([String], [Int]?)])
    func conflicts(paths: [String], expected: [Int]?) {
        let conflict = MountPath.conflict(among: paths).map { [$0.0, $0.1] }
        #expect(conflict == expected)
    }
}

@Suite("FilePermission")
struct FilePermissionTests {
    @Test(
        "Octal text is read",
        arguments: [("0644", 0o644), ("644", 0o644), ("0", 0), ("777", 0o777), ("0000400", 0o400)] as [(String, UInt32)]
    )
    func octal(text: String, expected: UInt32) {
        #expect(FilePermission(octal: text)?.rawValue == expected)
    }

    @Test(
        "Other texts are refused",
        arguments: [
            "", "8", "0900", "0o644", "0x1ff", "rw", "-1", "+644", " 644", "1000", "77777777777777777777", "٦٤٤",
        ])
    func refused(text: String) {
        #expect(FilePermission(octal: text) == nil)
    }

    @Test(
        "A mode is shown with four digits",
        arguments: [(0, "0000"), (0o7, "0007"), (0o644, "0644"), (0o777, "0777")] as [(UInt32, String)])
    func description(mode: UInt32, expected: String) {
        #expect(FilePermission(rawValue: mode)?.description == expected)
    }

    @Test("Only permission bits are accepted")
    func bits() {
        #expect(FilePermission(rawValue: 0o1000) == nil)
        #expect(FilePermission(rawValue: .max) == nil)
        #expect(FilePermission.default.rawValue == 0o644)
    }

    @Test("A path that is also the directory of many long paths is found")
    func manyDirectories() {
        let paths = (1000..<1400).map { String(repeating: "d/", count: 1300) + "\($0)" }
        #expect(MountPath.conflict(among: paths) == nil)
        let found = MountPath.conflict(among: paths + [String(repeating: "d/", count: 600) + "d"])
        #expect(found?.0 == 0 && found?.1 == 400)
    }
}
