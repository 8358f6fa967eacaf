import Platform

/// The numbers of one update of UniPC (Zhao et al., arXiv 2302.04867, equations 3 and 9, appendix E), from one noise
/// level to the next.
///
/// The paper's D_k = (m_k − m_0)/r_k are taken apart, so that an update is a sum over the outputs m themselves.
struct UniPCCoefficients {
    private let settings: UniPCSettings
    private let from: NoiseLevel
    private let to: NoiseLevel
    /// r_k of the levels before `from`, latest first: negative numbers.
    private let ratios: [Double]
    /// φ₁ and B of ±h, times the level that is reached.
    private let phi: Double
    private let scale: Double
    /// b_k/B.
    private let moments: [Double]

    /// - Parameter before: the levels before `from` that the update looks back at, latest first: its order less 1.
    init(_ settings: UniPCSettings, from: NoiseLevel, to: NoiseLevel, before: [NoiseLevel]) {
        self.settings = settings
        self.from = from
        self.to = to
        let width = Double(to.lambda - from.lambda)
        ratios = before.map { Double($0.lambda - from.lambda) / width }
        let signed = settings.predictsOriginal ? -width : width
        let reached = Double(settings.predictsOriginal ? to.signal : to.noise)
        let first = expm1(signed)
        let base = settings.rule == .bh1 ? signed : first
        phi = reached * first
        scale = reached * base
        var (moments, factorial) = ([Double](), 1.0)
        // Of no meaning, and not used, at order 1 of infinite or no width.
        var current = first / signed - 1
        for index in 1...before.count + 1 {
            moments.append(current * factorial / base)
            factorial *= Double(index + 1)
            current = current / signed - 1 / factorial
        }
        self.moments = moments
    }

    private var ofSample: Double {
        settings.predictsOriginal
            ? Double(to.noise / from.noise) : Double(to.signal / from.signal)
    }

    /// The predictor: what follows from the outputs at `from` and before it.
    var predictor: LinearUpdate {
        let weights: [Double] =
            switch ratios.count {
            case 0: []
            // As the paper and diffusers have it, in place of the solution.
            case 1: [0.5]
            default: solve(nodes: ratios, Array(moments.dropLast()))
            }
        return update(weights, ofNext: nil)
    }

    /// The corrector, which knows the output at `to` as well: the first of its outputs.
    var corrector: LinearUpdate {
        guard !ratios.isEmpty else { return update([], ofNext: 0.5) }
        let weights = solve(nodes: ratios + [1], moments)
        return update(Array(weights.dropLast()), ofNext: weights[weights.count - 1])
    }

    private func update(_ weights: [Double], ofNext next: Double?) -> LinearUpdate {
        let others = zip(weights, ratios).map { -scale * $0 / $1 }
        let ofNext = next.map { -scale * $0 }
        let ofLatest = -phi - others.reduce(0, +) - (ofNext ?? 0)
        return LinearUpdate(
            ofSample: Float(ofSample),
            ofOutputs: ((ofNext.map { [$0] } ?? []) + [ofLatest] + others).map { Float($0) })
    }

    /// The weights w for which Σ w_k·r_k^(n−1) = b_n, by elimination: at most 3 of them, whose nodes differ.
    private func solve(nodes: [Double], _ values: [Double]) -> [Double] {
        var rows = values.enumerated().map { power, value in
            nodes.map { pow($0, Double(power)) } + [value]
        }
        let count = nodes.count
        for column in 0..<count {
            guard let pivot = (column..<count).max(by: { abs(rows[$0][column]) < abs(rows[$1][column]) })
            else { continue }
            rows.swapAt(column, pivot)
            for row in 0..<count where row != column {
                let factor = rows[row][column] / rows[column][column]
                for place in column...count { rows[row][place] -= factor * rows[column][place] }
            }
        }
        return (0..<count).map { rows[$0][count] / rows[$0][$0] }
    }
}
