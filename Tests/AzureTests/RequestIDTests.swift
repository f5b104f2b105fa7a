import Foundation
import Testing

@testable import Azure

@Suite("Request IDs")
struct RequestIDTests {
    @Test("each is another random UUID in lower case")
    func form() throws {
        let ids = (0..<10_000).map { _ in RequestID.make() }
        #expect(Set(ids).count == ids.count)
        for id in ids {
            let uuid = try #require(UUID(uuidString: id))
            #expect(id == uuid.uuidString.lowercased())
            #expect(uuid.uuid.6 >> 4 == 4, "the version is 4, which is random")
            #expect(uuid.uuid.8 >> 6 == 0b10, "the variant is that of RFC 9562")
        }
        for place in [0, 7, 9, 12, 15, 20, 35] {
            let digits = Set(ids.map { Array($0.utf8)[place] })
            #expect(digits.count == 16, "digit \(place) takes every value")
        }
    }
}
