@testable internal import ProviderCore

private let shapingDocument = """
    {"user":{"name":"s3cret-Marker","tags":["a","s3cret-Marker"],"port":5432},"servers":[{"host":"a","port":1,"up":true},
    {"host":"b","port":2.5,"up":false}],"grid":[[1,2],[3,[4]],5],"n":null,"text":"s3cret-Marker","é":"ü","":0}
    """

/// What the manifest says about parts of a document, and the document.
let shapingTargets = [
    FuzzTarget("jmespath", 512) { bytes in
        guard let document = try? ContentDocument.parse(SecretBytes(shapingDocument), as: .json) else { return }
        var budget = ShapingBudget(steps: 50_000, bytes: 1 << 20)
        do throws(ShapingError) {
            let expression = try JMESPath(Input(bytes).text)
            let found = try expression.search(document, &budget)
            let text = try JSONRenderer.render(found, &budget)
            let again = try ContentDocument.parse(text, as: .json)
            var second = ShapingBudget(steps: 5_000_000)
            require(try again.isEqual(to: found, &second), "a result changes when it is written and read")
        } catch {
            // What an expression says itself may be repeated.
            if !Input(bytes).text.contains("s3cret") { requireDiscreet(error) }
        }
    },
    FuzzTarget("template", 512) { bytes in
        let contents = [
            "db": Template.Content(bytes: SecretBytes(shapingDocument)),
            "a": Template.Content(bytes: SecretBytes(marker)),
            "b": Template.Content(bytes: SecretBytes("x: \(marker)\ny: [1, 2]\n"), format: .yaml),
        ]
        let text = Input(bytes).text
        var budget = ShapingBudget(steps: 50_000, bytes: 1 << 20)
        do throws(ShapingError) {
            let template = try Template(text)
            let result = try template.render(contents, &budget)
            require(text.contains("{{") || result.shownText == text, "a text without placeholders changes")
        } catch {
            if !text.contains("s3cret") { requireDiscreet(error) }
        }
    },
    FuzzTarget("content-document", 4096) { bytes in
        // A pointer in the first line, a document after it.
        var input = Input(bytes)
        let pointer = try? JSONPointer(input.line())
        let marked = SecretBytes(input.secret.shown + Array(marker.utf8))
        for format in ContentDocument.Format.allCases {
            for content in [input.secret, marked] {
                var budget = ShapingBudget()
                do throws(ShapingError) {
                    let document = try ContentDocument.parse(content, as: format)
                    let text = try JSONRenderer.render(document, &budget)
                    let again = try ContentDocument.parse(text, as: .json)
                    require(
                        try JSONRenderer.render(again, &budget).shown == text.shown,
                        "JSON changes when it is written and read")
                    if let pointer, let part = try? pointer.value(in: document) {
                        _ = try ContentDocument.file(of: part, &budget)
                    }
                    checkFiles(of: document)
                } catch {
                    requireDiscreet(error)
                }
            }
        }
    },
]

/// A key is one name in one directory, or refused by its name.
private func checkFiles(of document: JSONValue) {
    var explode = Explode()
    explode.maximum = Explode.greatestMaximum
    var budget = ShapingBudget()
    guard let files = try? explode.files(of: document, path: "o", &budget) else { return }
    for (path, _) in files {
        require(MountPath.problem(with: path) == nil, "an impossible path")
        require(path.utf8.count { $0 == UInt8(ascii: "/") } == 1, "a key leads elsewhere")
    }
}
