internal import Budgets
internal import SecretMemory

/// A regular expression for the names of objects. Its size is limited after all repetitions are expanded, and matching
/// takes at most the product of that size and the length of the name, so that the author of a class cannot keep a node
/// busy.
///
/// The whole name has to match, in any letter case, because Key Vault ignores the case of names. The supported syntax
/// is `.`, classes, `\d` and `\w`, groups, `|`, `*`, `+`, `?` and `{m,n}`; `^` and `$` are allowed at the ends and have
/// no effect.
package struct NamePattern: Sendable, Hashable {
    package var source: String
    private var program: [Instruction]

    indirect enum Expression {
        case empty
        case byte(ByteSet)
        case sequence([Expression])
        case choice([Expression])
        /// Repeats the expression at most `maximum` times, or any number of times if it is nil.
        case `repeat`(Expression, minimum: Int, maximum: Int?)
    }

    private enum Instruction: Hashable, Sendable {
        case byte(ByteSet)
        case jump(Int)
        case fork(Int, Int)
        case match
    }

    /// The maximum number of instructions of a program, and of bytes of a source.
    static let maximumSize = 500

    package init(_ source: String) throws(NamePatternError) {
        self.source = source
        guard source.utf8.count <= Self.maximumSize else { throw NamePatternError.tooLarge }
        var parser = NamePatternParser(source)
        let expression = try parser.parse()
        var program: [Instruction] = []
        Self.compile(expression, &program)
        self.program = program + [.match]
    }

    package func matches(_ name: String) -> Bool {
        var current = closure(of: [0])
        for byte in name.utf8.lazy.map({ ASCII.lowercased($0) }) {
            guard MountBudget.spend(steps: program.count / 4 + current.count, on: .matching) else { return false }
            var next: [Int] = []
            for state in current {
                if case .byte(let set) = program[state], set.contains(byte) { next.append(state + 1) }
            }
            if next.isEmpty { return false }
            current = closure(of: next)
        }
        return current.contains(program.count - 1)
    }

    /// Returns all instructions that can be reached from `states` without reading a byte.
    private func closure(of states: [Int]) -> [Int] {
        var seen = [Bool](repeating: false, count: program.count)
        var pending = states
        var result: [Int] = []
        while let state = pending.popLast() {
            if seen[state] { continue }
            seen[state] = true
            switch program[state] {
            case .byte, .match: result.append(state)
            case .jump(let target): pending.append(target)
            case .fork(let a, let b): pending += [a, b]
            }
        }
        return result
    }

    /// The parser has limited the size of the expression, and with it the depth and the work of this function.
    private static func compile(_ expression: Expression, _ program: inout [Instruction]) {
        switch expression {
        case .empty: break
        case .byte(let set): program.append(.byte(set))
        case .sequence(let parts): for part in parts { compile(part, &program) }
        case .choice(let options):
            var jumps: [Int] = []
            for (index, option) in options.enumerated() {
                guard index < options.count - 1 else {
                    compile(option, &program)
                    break
                }
                let fork = program.count
                program.append(.match)
                compile(option, &program)
                jumps.append(program.count)
                program.append(.match)
                program[fork] = .fork(fork + 1, program.count)
            }
            for jump in jumps { program[jump] = .jump(program.count) }
        case .repeat(let body, let minimum, let maximum):
            for _ in 0..<minimum { compile(body, &program) }
            guard let maximum else {
                let fork = program.count
                program.append(.match)
                compile(body, &program)
                program.append(.jump(fork))
                program[fork] = .fork(fork + 1, program.count)
                return
            }
            var forks: [Int] = []
            for _ in minimum..<maximum {
                forks.append(program.count)
                program.append(.match)
                compile(body, &program)
            }
            for fork in forks { program[fork] = .fork(fork + 1, program.count) }
        }
    }
}

/// A set of bytes, in lower case.
struct ByteSet: Hashable, Sendable {
    private var bits: (UInt64, UInt64) = (0, 0)

    mutating func insert(_ byte: UInt8) {
        let lower = ASCII.lowercased(byte)
        if lower < 64 { bits.0 |= 1 << lower } else if lower < 128 { bits.1 |= 1 << (lower - 64) }
    }

    func contains(_ byte: UInt8) -> Bool {
        byte < 64 ? bits.0 >> byte & 1 == 1 : byte < 128 && bits.1 >> (byte - 64) & 1 == 1
    }

    mutating func formUnion(_ other: ByteSet) {
        bits.0 |= other.bits.0
        bits.1 |= other.bits.1
    }

    mutating func invert() { bits = (~bits.0, ~bits.1) }

    static func == (a: ByteSet, b: ByteSet) -> Bool { a.bits == b.bits }

    func hash(into hasher: inout Hasher) {
        hasher.combine(bits.0)
        hasher.combine(bits.1)
    }
}

/// Explains why a text is not a valid pattern.
package struct NamePatternError: Error {
    package var reason: String

    static let tooLarge = NamePatternError(reason: "it is too large, with all its repetitions written out")
}
