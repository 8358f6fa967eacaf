/// What UniPC alone has to choose (Zhao et al., arXiv 2302.04867).
public struct UniPCSettings: Sendable, Equatable, Codable {
    /// B(h), diffusers' `solver_type`.
    public enum Rule: String, Sendable, Codable, CaseIterable {
        /// B(h) = h.
        case bh1
        /// B(h) = e^h − 1.
        case bh2
    }

    /// B(h).
    public var rule = Rule.bh2
    /// Whether the model's x₀ is integrated, or else its ε: diffusers' `predict_x0`.
    public var predictsOriginal = true
    /// Steps whose result is not corrected by what the model says there: diffusers' `disable_corrector`.
    public var uncorrectedSteps: [Int] = []

    /// diffusers' defaults.
    public init() {}
}
