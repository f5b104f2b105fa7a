import Foundation
import HTTPTypes
import Testing

@testable import AzureEmulator

@Suite("The pages of a vault's lists")
struct VaultPageTests {
    private static func vault(secrets: Int) throws -> TestVault {
        let vault = try TestVault()
        try vault.store.change(TestVault.name) { vault in
            for index in 1...secrets { _ = try vault.setSecret(String(format: "s-%03d", index), "v", now: 0) }
        }
        return vault
    }

    /// The query of a link, as a client that follows it sends it.
    private static func query(_ link: String) throws -> [String: String] {
        let items = try #require(URLComponents(string: link)?.queryItems)
        return Dictionary(uniqueKeysWithValues: items.map { ($0.name, $0.value ?? "") })
    }

    /// All pages of a list, each as the names on it.
    private static func pages(_ vault: TestVault, _ path: String, query: [String: String] = [:]) throws -> [[String]] {
        var (pages, query) = ([[String]](), query)
        // Bounded, so that a list without an end fails instead of hanging.
        while pages.count < 10 {
            let page = try vault.page(path, query: query)
            pages.append(page.ids.map { String($0.split(separator: "/")[3]) })
            guard let next = page.next else { break }
            query = try Self.query(next)
        }
        return pages
    }

    @Test("A list of 25 objects is one page, and a longer list has a link to the next page")
    func pageSize() throws {
        #expect(try Self.pages(try Self.vault(secrets: 25), "/secrets").map(\.count) == [25])
        let pages = try Self.pages(try Self.vault(secrets: 60), "/secrets")
        #expect(pages.map(\.count) == [25, 25, 10])
        #expect(Set(pages.joined()).count == 60)
    }

    @Test("The link names the port, as in Azure, and keeps the API version and the page size")
    func link() throws {
        let vault = try Self.vault(secrets: 3)
        let next = try vault.page("/secrets", query: ["api-version": "7.4", "maxresults": "2"]).next
        let expected = "https://kv-tests.vault.azure.net:443/secrets?api-version=7.4&$skiptoken=2&maxresults=2"
        #expect(next == expected)
        let body = try vault.send(
            .get, "/secrets", query: ["api-version": "7.4", "maxresults": "2"], authority: "kv-tests.vault.azure.net"
        ).body
        #expect(body?["nextLink"] as? String == expected)
        #expect(try Self.pages(vault, "/secrets", query: ["maxresults": "2"]).map(\.count) == [2, 1])
    }

    @Test("The page size is from 1 to 25", arguments: ["0", "-1", "26"])
    func maxresults(size: String) throws {
        let vault = try Self.vault(secrets: 1)
        #expect(try vault.error(.get, "/secrets", query: ["maxresults": size])?.code == "BadParameter")
        #expect(try vault.error(.get, "/secrets", query: ["maxresults": "25"]) == nil)
    }

    @Test("A page after the end of the list is empty", arguments: ["3", "1000"])
    func afterTheEnd(token: String) throws {
        let page = try Self.vault(secrets: 3).page("/secrets", query: ["$skiptoken": token])
        #expect(page.ids == [])
        #expect(page.next == nil)
    }

    @Test("A list shows no values")
    func noValues() throws {
        let body = try Self.vault(secrets: 1).send(.get, "/secrets").body
        let item = try #require((body?["value"] as? [[String: Any]])?.first)
        #expect(Set(item.keys) == ["id", "attributes", "tags"])
    }

    @Test("Lists of versions have pages too, and an unknown object has no list")
    func versions() throws {
        let vault = try TestVault()
        var expected = Set<String>()
        for _ in 1...30 { expected.insert(try vault.setSecret("x")) }
        let (first, next) = try vault.page("/secrets/x/versions")
        let rest = try vault.page("/secrets/x/versions", query: try Self.query(try #require(next)))
        #expect(first.count == 25)
        #expect(rest.next == nil)
        #expect(Set((first + rest.ids).map { String($0.suffix(32)) }) == expected)
        #expect(try vault.page("/secrets/absent/versions").ids == [])
    }

    @Test("Lists of deleted objects have pages too")
    func deleted() throws {
        let vault = try Self.vault(secrets: 26)
        for index in 1...26 { try vault.send(.delete, String(format: "/secrets/s-%03d", index)) }
        #expect(try Self.pages(vault, "/deletedsecrets").map(\.count) == [25, 1])
    }
}
