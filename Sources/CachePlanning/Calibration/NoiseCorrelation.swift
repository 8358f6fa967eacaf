/// How the noise q_j that one source measures goes with the noise of reuse a steps later.
///
/// Sums over trajectories for each reused step i, its age a = i − j and the spacing p of j, all 1 … reach.
struct NoiseCorrelation: Sendable, Equatable, Codable {
    /// The sources and filters that calibration looks at.
    static let measured: [(source: CorrectionSource, filtered: Bool)] = [
        (.previousOutput, false), (.previousOutput, true), (.shadow, false), (.shadow, true),
    ]

    let source: CorrectionSource
    let filtered: Bool
    /// [S, age, spacing]: ⟨F_i q_j^{(p)}, q_i^{(a)}⟩.
    var crosses: [Double]
    /// [S, age, spacing]: ‖F_i q_j^{(p)}‖².
    var energies: [Double]

    init(_ source: CorrectionSource, _ filtered: Bool, steps: Int) {
        self.source = source
        self.filtered = filtered
        crosses = Array(repeating: 0, count: steps * CalibrationSummary.reach * CalibrationSummary.reach)
        energies = crosses
    }

    static func index(step: Int, age: Int, spacing: Int) -> Int {
        (step * CalibrationSummary.reach + age - 1) * CalibrationSummary.reach + spacing - 1
    }
}
