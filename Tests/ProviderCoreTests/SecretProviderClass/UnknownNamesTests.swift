import Budgets
import Documents
import ProviderCore
import Testing

@Suite("Unknown names")
struct UnknownNamesTests {
    /// The steps of `work`. A comparison of two names takes at least one.
    private static func steps(_ work: () -> Void) -> Int {
        let budget = MountBudget(MountBudget.Limits(steps: 1 << 40))
        budget.run(work)
        return budget.spentSteps
    }

    @Test("a limited number of unknown names is compared with the known ones, and the others are counted")
    func comparisons() {
        let known = (0..<2000).map { "known-\($0)" }
        let unknown = UnknownNames()
        func note(_ count: Int) -> Int {
            Self.steps {
                for number in 0..<count {
                    #expect((unknown.note("knwon-\(number % 10)", among: known) != nil) == (unknown.omitted == 0))
                }
            }
        }
        #expect(note(UnknownNames.maximum) >= UnknownNames.maximum * known.count)
        #expect(note(30_000) == 0)
        #expect(unknown.omitted == 30_000)
    }

    @Test("names that are long or of a different length are not compared letter by letter")
    func lengths() {
        let long = String(repeating: "a", count: 65)
        func steps(comparing name: String, among names: [String]) -> Int {
            Self.steps {
                if SpellingSuggestion.near(name, among: names) != nil { Issue.record("\(name) has a near one") }
            }
        }
        #expect(steps(comparing: long, among: [long + "a"]) == 0)
        // One step for each name that is compared.
        let others = [String](repeating: String(repeating: "b", count: 64), count: 100)
        #expect(steps(comparing: "short-name", among: others) == 100)
        #expect(SpellingSuggestion.near("secert", among: ["secret", "key"]) == "secret")
        #expect(SpellingSuggestion.distance("kitten", "sitting") == 3)
        #expect(SpellingSuggestion.distance(long, long) == 0)
        #expect(SpellingSuggestion.distance(long, "a") == 65)
    }

    @Test("a limited number of unknown keys of objects is listed for the whole class")
    func keys() throws {
        let items = (0..<1000).map { index in
            "  - {objectName: a\(index), objectType: secret, objectAlais: x, objectFormta: y, other\(index): z}"
        }
        let document = try ObjectsDocument.parse("array:\n" + items.joined(separator: "\n")).get()
        #expect(document.warnings.count == UnknownNames.maximum + 1)
        #expect(document.warnings[0].hasSuffix("unknown key objectAlais is ignored; did you mean objectAlias?"))
        #expect(document.warnings.last == "\(3000 - UnknownNames.maximum) more unknown keys of objects are ignored")
    }
}
