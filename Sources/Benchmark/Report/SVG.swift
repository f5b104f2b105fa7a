internal import Foundation

/// A drawing, element by element. Lengths are pixels, the origin is top left.
package struct SVG: Sendable {
    package enum Anchor: String, Sendable {
        case start, middle, end
    }

    private let width: Double
    private let height: Double
    private var elements: [String] = []

    package init(width: Double, height: Double) {
        self.width = width
        self.height = height
        elements.append("<rect width=\"\(Self.text(width))\" height=\"\(Self.text(height))\" fill=\"#ffffff\"/>")
    }

    package mutating func line(
        from: (x: Double, y: Double), to: (x: Double, y: Double), color: String, dashed: Bool = false
    ) {
        elements.append(
            "<line x1=\"\(Self.text(from.x))\" y1=\"\(Self.text(from.y))\" x2=\"\(Self.text(to.x))\""
                + " y2=\"\(Self.text(to.y))\" stroke=\"\(color)\"\(dashed ? " stroke-dasharray=\"6 4\"" : "")/>")
    }

    package mutating func polyline(_ points: [(x: Double, y: Double)], color: String, dashed: Bool = false) {
        let list = points.map { "\(Self.text($0.x)),\(Self.text($0.y))" }.joined(separator: " ")
        elements.append(
            "<polyline points=\"\(list)\" fill=\"none\" stroke=\"\(color)\" stroke-width=\"2\""
                + "\(dashed ? " stroke-dasharray=\"6 4\"" : "")/>")
    }

    package mutating func dot(_ point: (x: Double, y: Double), color: String) {
        elements.append(
            "<circle cx=\"\(Self.text(point.x))\" cy=\"\(Self.text(point.y))\" r=\"3.5\" fill=\"\(color)\"/>")
    }

    package mutating func label(
        _ text: String, at point: (x: Double, y: Double), anchor: Anchor = .start, size: Int = 12, turned: Bool = false,
        color: String = "#333333"
    ) {
        let (x, y) = (Self.text(point.x), Self.text(point.y))
        let rotation = turned ? " transform=\"rotate(-90 \(x) \(y))\"" : ""
        elements.append(
            "<text x=\"\(x)\" y=\"\(y)\" text-anchor=\"\(anchor.rawValue)\" font-size=\"\(size)\""
                + " fill=\"\(color)\"\(rotation)>\(Self.escaped(text))</text>")
    }

    package var document: String {
        let (width, height) = (Self.text(width), Self.text(height))
        return "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"\(width)\" height=\"\(height)\""
            + " viewBox=\"0 0 \(width) \(height)\" font-family=\"sans-serif\">\n"
            + elements.map { "  \($0)\n" }.joined() + "</svg>\n"
    }

    /// Without digits that nobody sees, so that drawings of the same figures are the same file.
    private static func text(_ value: Double) -> String {
        let rounded = (value * 10).rounded() / 10
        return rounded == rounded.rounded() ? "\(Int(rounded))" : String(format: "%.1f", rounded)
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
