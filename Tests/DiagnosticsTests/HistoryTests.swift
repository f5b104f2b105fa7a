import Diagnostics
import Testing

@Suite("A history of any number of versions")
struct HistoryTests {
    private static func text(_ count: Int, secret: String) -> String {
        MarkedManifest.secretProviderClass(
            MarkedManifest.client + """
                    objects: |
                      array:
                        - objectName: db
                          objectType: secret
                          objectVersionHistory: \(count)

                """,
            """
              secretObjects:
                - secretName: s
                  type: Opaque
                  data: [{objectName: \(secret), key: k}]
            """)
    }

    private static func check(_ count: Int, secret: String = "db/0") -> ManifestCheck {
        ManifestCheck([MarkedManifest(text(count, secret: secret)).file])
    }

    @Test("a history is checked without a list of its files", arguments: [2, 51, 2_147_483_647])
    func files(count: Int) {
        for (secret, isThere) in [
            ("db/0", true), ("db/\(count - 1)", true), ("db/\(count - 1).key", true), ("db/\(count)", false),
            ("db/00", false), ("db/-1", false), ("db/+1", false), ("db", false), ("db/", false),
        ] {
            let rules = Self.check(count, secret: secret).findings().map(\.rule)
            #expect(rules.contains("secret-object-file-missing") != isThere, "\(secret) of \(count): \(rules)")
        }
    }

    @Test("the plan lists the versions that can be read, and the number of the others")
    func forecast() throws {
        for (count, listed) in [(2, 2), (50, 50), (51, 50), (2_147_483_647, 50)] {
            let forecast = try #require(Self.check(count).forecasts.first)
            let files = forecast.calls.filter { !$0.file.isEmpty }
            #expect(files.map(\.file) == (0..<listed).map { "db/\($0)" })
            let last = try #require(forecast.calls.last)
            #expect(last.url.hasSuffix("<each of up to \(count - listed) more versions>") == (count > listed))
        }
    }
}
