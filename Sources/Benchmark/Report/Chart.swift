/// Lines over a common axis, with a legend.
package struct Chart: Sendable {
    package struct Series: Sendable {
        package var name: String
        package var points: [(x: Double, y: Double)]
        /// A line to compare with, rather than something measured.
        var isReference = false
    }

    var title: String
    var xLabel: String
    var yLabel: String
    var yScale = Axis.Scale.linear
    package var series: [Series]

    private static let width = 720.0
    private static let height = 440.0
    /// Where the drawing area begins and ends.
    private static let (left, right, top, bottom) = (70.0, 700.0, 50.0, 350.0)
    /// Told apart by those who do not see red and green alike as well.
    private static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]
    private static let referenceColor = "#777777"

    package var svg: String {
        let points = series.flatMap(\.points)
        let xAxis = Axis(holding: points.map(\.x), scale: .linear)
        let yAxis = Axis(holding: points.map(\.y), scale: yScale)
        func place(_ point: (x: Double, y: Double)) -> (x: Double, y: Double) {
            (
                Self.left + xAxis.position(of: point.x) * (Self.right - Self.left),
                Self.bottom - yAxis.position(of: point.y) * (Self.bottom - Self.top)
            )
        }
        var drawing = SVG(width: Self.width, height: Self.height)
        drawing.label(title, at: (Self.left, 28), size: 16, color: "#111111")
        for tick in yAxis.ticks {
            let y = place((0, tick)).y
            drawing.line(from: (Self.left, y), to: (Self.right, y), color: "#e3e3e3")
            drawing.label(Axis.label(tick), at: (Self.left - 8, y + 4), anchor: .end)
        }
        for tick in xAxis.ticks {
            let x = place((tick, 0)).x
            drawing.line(from: (x, Self.bottom), to: (x, Self.bottom + 5), color: "#333333")
            drawing.label(Axis.label(tick), at: (x, Self.bottom + 20), anchor: .middle)
        }
        drawing.line(from: (Self.left, Self.bottom), to: (Self.right, Self.bottom), color: "#333333")
        drawing.line(from: (Self.left, Self.top), to: (Self.left, Self.bottom), color: "#333333")
        drawing.label(xLabel, at: ((Self.left + Self.right) / 2, Self.bottom + 40), anchor: .middle)
        drawing.label(yLabel, at: (22, (Self.top + Self.bottom) / 2), anchor: .middle, turned: true)

        var legendX = Self.left
        for (index, line) in series.enumerated() {
            let color = line.isReference ? Self.referenceColor : Self.colors[index % Self.colors.count]
            let sorted = line.points.sorted { $0.x < $1.x }.map(place)
            drawing.polyline(sorted, color: color, dashed: line.isReference)
            if !line.isReference { for point in sorted { drawing.dot(point, color: color) } }
            let y = Self.bottom + 66
            drawing.line(from: (legendX, y - 4), to: (legendX + 24, y - 4), color: color, dashed: line.isReference)
            drawing.label(line.name, at: (legendX + 30, y))
            // Wide enough for the letters of a sans-serif font.
            legendX += 52 + Double(line.name.count) * 6.6
        }
        return drawing.document
    }
}
