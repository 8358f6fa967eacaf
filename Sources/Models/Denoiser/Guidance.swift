/// How what a model says of an image's branches becomes one prediction.
///
/// c is what it says of the prompt, branch 0; u of the prompt's opposite, branch 1; further branches follow.
public struct Guidance: Sendable, Equatable, Codable {
    /// A weight at each step.
    public enum Weight: Sendable, Equatable, Codable {
        /// The same at all.
        case constant(Double)
        /// [S].
        case perStep([Double])

        /// The weight of a step.
        public func value(at step: Int) -> Double {
            switch self {
            case .constant(let weight): weight
            case .perStep(let weights): weights[step]
            }
        }
    }

    /// How the first two branches meet.
    public enum Form: Sendable, Equatable, Codable {
        /// c alone: for a model that is not guided, or that is told of its guidance as part of the prompt.
        case conditional
        /// u + w·(c − u) (Ho and Salimans, arXiv 2207.12598).
        case classifierFree(Weight)
        /// c + g·(c − u), as U-ViT and Z-Image have it.
        case beyondConditional(Weight)
    }

    /// What becomes of the sum.
    public enum Limit: Sendable, Equatable, Codable {
        /// Nothing.
        case none
        /// φ·p·std(c)/std(p) + (1 − φ)·p, over all numbers of an image (arXiv 2305.08891, section 3.4).
        case rescaled(Double)
        /// p·‖c‖/‖p‖ over the channels of each patch of so many latent pixels on a side (`QwenImagePipeline`).
        case normalised(patch: Int)
    }

    /// How the first two branches meet.
    public var form: Form
    /// The weights s of further branches b, each of which adds s·(c − b).
    public var further: [Weight]
    /// What becomes of the sum.
    public var limit: Limit

    /// Guidance of the given parts.
    public init(_ form: Form, further: [Weight] = [], limit: Limit = .none) {
        precondition(form != .conditional || further.isEmpty, "Guidance: further branches of a single one")
        self.form = form
        self.further = further
        self.limit = limit
    }

    /// Classifier-free guidance of a constant scale; at 1 or below only the conditional branch runs, as in diffusers'
    /// pipelines.
    public init(scale: Double) { self.init(scale > 1 ? .classifierFree(.constant(scale)) : .conditional) }

    /// Branches in all.
    public var branches: Int { form == .conditional ? 1 : 2 + further.count }
}
