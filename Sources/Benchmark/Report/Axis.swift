internal import Foundation

/// Where values lie between two ends, and which of them are marked.
package struct Axis: Equatable, Sendable {
    package enum Scale: Equatable, Sendable {
        case linear, logarithmic
    }

    package let scale: Scale
    package let ticks: [Double]

    /// Reaches from zero, or a power of ten, to the first mark that no value exceeds.
    package init(holding values: [Double], scale: Scale) {
        self.scale = scale
        let positive = values.filter { $0 > 0 && $0.isFinite }
        let largest = positive.max() ?? 1
        switch scale {
        case .linear:
            let rough = largest / 7
            let power = pow(10, floor(log10(rough)))
            let step = [1, 2, 2.5, 5, 10].map { $0 * power }.first { $0 >= rough * 0.999_999 } ?? rough
            let count = Int((largest / step * 0.999_999).rounded(.up))
            ticks = (0...max(count, 1)).map { Double($0) * step }
        case .logarithmic:
            let low = Int(floor(log10(positive.min() ?? 0.1)))
            let high = max(Int(ceil(log10(largest))), low + 1)
            ticks = (low...high).map { pow(10, Double($0)) }
        }
    }

    /// 0 for the first mark, 1 for the last.
    package func position(of value: Double) -> Double {
        guard let first = ticks.first, let last = ticks.last else { return 0 }
        switch scale {
        case .linear: return (value - first) / (last - first)
        case .logarithmic: return log10(max(value, first) / first) / log10(last / first)
        }
    }

    static func label(_ value: Double) -> String {
        value == value.rounded() ? "\(Int(value))" : String(format: "%g", value)
    }
}
