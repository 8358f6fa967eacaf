/// What stands in for a module that is not computed.
///
/// All but ``offset`` work on ungated module outputs: the gate of the current timestep multiplies what stands in, as
/// it would have multiplied the real output. C is a module's output, d the steps since it was last computed.
public enum ModuleCombination: Sendable, Equatable {
    /// The most derivatives that a forecast may use.
    public static let highestOrder = 4

    /// The last computed output: Ĉ = C.
    case reuse
    /// A Taylor polynomial in d through finite differences of computed outputs (TaylorSeer, arXiv 2503.06923):
    /// Ĉ = Σ_k D^k·d^k/k!, D⁰ = C, D^{k+1} = (D^k − D^k at the computed step before) / (steps between the two).
    case taylor(order: Int)
    /// A step along the last change (GOC, arXiv 2503.05156): Ĉ = C₁ + η·(C₁ − C₂), where C₁ and C₂ are what the cache
    /// held one and two steps ago, be it computed or forecast.
    case gradient(eta: Double)
    /// What the whole block added to the hidden state, under the gates of then (Δ-DiT, arXiv 2406.01125). Both
    /// modules of a block are computed or reused together.
    case offset

    /// Tensors of the hidden state's shape that a block keeps.
    public var tensorsPerBlock: Int {
        switch self {
        case .reuse: 2
        case .taylor(let order): 2 * (order + 1)
        case .gradient: 4
        case .offset: 1
        }
    }

    /// Its name in plan files.
    public var name: String {
        switch self {
        case .reuse: "reuse"
        case .taylor: "taylor"
        case .gradient: "gradient"
        case .offset: "offset"
        }
    }
}
