internal import Documents
internal import ProviderCore
internal import SecretMemory

@testable internal import Shaping

private let shapingDocument = """
    {"user":{"name":"\(marker)","tags":["a","\(marker)"],"port":5432},"servers":[{"host":"a","port":1,"up":true},
    {"host":"b","port":2.5,"up":false}],"grid":[[1,2],[3,[4]],5],"n":null,"text":"\(marker)","é":"ü","":0}
    """

/// Expressions, templates and pointers from a manifest, and the documents they apply to.
let shapingTargets = [
    FuzzTarget("jmespath", 512) { bytes in
        guard let document = try? ContentDocument.parse(SecretBytes(shapingDocument), as: .json) else { return }
        var budget = ShapingBudget(steps: 50_000, bytes: 1 << 20)
        do throws(ShapingError) {
            let expression = try JMESPath(Input(bytes).text)
            let found = try expression.search(document, &budget)
            let text = try JSONRenderer.render(found, &budget)
            let again = try ContentDocument.parse(text, as: .json)
            var second = ShapingBudget(steps: 5_000_000, bytes: VolumeLimits.maximumBytes)
            require(try again.isEqual(to: found, &second), "rendering and parsing changes a result")
        } catch {
            // An error may repeat a part of the expression itself.
            if !Input(bytes).text.contains("s3cr3t") { requireDiscreet(error) }
        }
    },
    FuzzTarget("template", 512) { bytes in
        let contents = [
            ByteKey("db"): Template.Content(bytes: SecretBytes(shapingDocument)),
            ByteKey("a"): Template.Content(bytes: SecretBytes(marker)),
            ByteKey("b"): Template.Content(bytes: SecretBytes("x: \(marker)\ny: [1, 2]\n"), format: .yaml),
        ]
        let text = Input(bytes).text
        var budget = ShapingBudget(steps: 50_000, bytes: 1 << 20)
        do throws(ShapingError) {
            let template = try Template(text)
            let result = try template.render(contents, &budget)
            require(text.contains("{{") || result.shownText == text, "rendering changes a text without placeholders")
        } catch {
            if !text.contains("s3cr3t") { requireDiscreet(error) }
        }
    },
    FuzzTarget("content-document", 4096) { bytes in
        // The first line is a pointer, the rest a document.
        var input = Input(bytes)
        let pointer = try? JSONPointer(input.line())
        let marked = SecretBytes(input.secret.shown + Array(marker.utf8))
        for format in ContentDocument.Format.allCases {
            for content in [input.secret, marked] {
                var budget = ShapingBudget(bytes: VolumeLimits.maximumBytes)
                do throws(ShapingError) {
                    let document = try ContentDocument.parse(content, as: format)
                    let text = try JSONRenderer.render(document, &budget)
                    let again = try ContentDocument.parse(text, as: .json)
                    require(
                        try JSONRenderer.render(again, &budget).shown == text.shown,
                        "rendering and parsing changes a document")
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

/// Requires that each key becomes a single file name in the directory of the object.
private func checkFiles(of document: JSONValue) {
    var explode = Explode()
    explode.maximum = Explode.greatestMaximum
    var budget = ShapingBudget(bytes: VolumeLimits.maximumBytes)
    guard let files = try? explode.files(of: document, path: "o", pathProblem: MountPath.problem, &budget) else {
        return
    }
    for (path, _) in files {
        require(MountPath.problem(with: path) == nil, "an invalid path")
        require(path.utf8.count { $0 == UInt8(ascii: "/") } == 1, "a key becomes a path outside the directory")
    }
}
