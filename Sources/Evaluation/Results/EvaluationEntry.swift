/// A mean over images and its standard error.
public struct Estimate: Sendable, Codable, Equatable {
    /// The mean.
    public var mean: Double
    /// The standard deviation of the mean; 0 for one image.
    public var standardError: Double

    /// An estimate of the given numbers.
    public init(mean: Double, standardError: Double) {
        self.mean = mean
        self.standardError = standardError
    }
}

/// The images that came out worst.
public struct Tail: Sendable, Codable, Equatable {
    /// The least of all.
    public var worst: Double
    /// What 5 % of them do not reach, interpolated between the nearest two.
    public var fifthPercentile: Double

    /// A tail of the given numbers.
    public init(worst: Double, fifthPercentile: Double) {
        self.worst = worst
        self.fifthPercentile = fifthPercentile
    }
}

/// An entry's measures less another's, image by image.
public struct Difference: Sendable, Codable, Equatable {
    /// The other's name.
    public var other: String
    /// Of the peak signal-to-noise ratios, dB.
    public var psnr: Estimate
    /// Of structural similarities of luma.
    public var ssimLuma: Estimate
    /// Of structural similarities of RGB.
    public var ssimRGB: Estimate
    /// Of the latents' relative errors: above 0 where the other comes nearer.
    public var latentError: Estimate

    /// A difference of the given parts.
    public init(
        other: String, psnr: Estimate, ssimLuma: Estimate, ssimRGB: Estimate, latentError: Estimate
    ) {
        self.other = other
        self.psnr = psnr
        self.ssimLuma = ssimLuma
        self.ssimRGB = ssimRGB
        self.latentError = latentError
    }
}

/// How near an entry's images come to those of a reference with the same seeds.
public struct Closeness: Sendable, Codable, Equatable {
    /// Peak signal-to-noise ratio, dB, of 8-bit RGB.
    public var psnr: Estimate
    /// Its worst images.
    public var psnrTail: Tail
    /// Structural similarity of luma.
    public var ssimLuma: Estimate
    /// Its worst images.
    public var ssimLumaTail: Tail
    /// Structural similarity of RGB, averaged over channels.
    public var ssimRGB: Estimate
    /// ‖x − reference‖ / ‖reference‖ of final latents.
    public var latentError: Estimate
    /// To `planned` of equal cost.
    public var toPlanned: Difference?
    /// To the plain sampling of equal cost that calibration found nearest to the reference.
    public var toPlain: Difference?

    /// A closeness of the given estimates.
    public init(
        psnr: Estimate, psnrTail: Tail, ssimLuma: Estimate, ssimLumaTail: Tail, ssimRGB: Estimate,
        latentError: Estimate, toPlanned: Difference? = nil, toPlain: Difference? = nil
    ) {
        self.psnr = psnr
        self.psnrTail = psnrTail
        self.ssimLuma = ssimLuma
        self.ssimLumaTail = ssimLumaTail
        self.ssimRGB = ssimRGB
        self.latentError = latentError
        self.toPlanned = toPlanned
        self.toPlain = toPlain
    }
}

/// What an image costs, on average.
public struct EvaluationCost: Sendable, Codable, Equatable {
    /// Steps in which blocks ran.
    public var computedSteps: Double
    /// Uncached steps that run as many blocks: what costs are compared by.
    public var equalSteps: Double
    /// Blocks run, branches counted apart; equal cost means equal block evaluations.
    ///
    /// A block of which one half ran counts as that half's share of its products.
    public var blockEvaluations: Double
    /// Floating-point operations of matrix products, two for each multiplication.
    public var flops: Double
    /// Seconds of denoising.
    public var seconds: Double
    /// Bytes of activations that one more rank would move.
    public var bytesMoved: Double

    /// A cost of the given numbers.
    public init(
        computedSteps: Double, equalSteps: Double, blockEvaluations: Double, flops: Double, seconds: Double,
        bytesMoved: Double
    ) {
        self.computedSteps = computedSteps
        self.equalSteps = equalSteps
        self.blockEvaluations = blockEvaluations
        self.flops = flops
        self.seconds = seconds
        self.bytesMoved = bytesMoved
    }
}

/// One way of sampling, measured.
public struct EvaluationEntry: Sendable, Codable, Equatable {
    /// What the table calls it, unique in it.
    public var name: String
    /// The policy, `none` for plain sampling.
    public var policy: String
    /// Steps, scheduler and spacing in words, as in `25 × ddim, trailing`.
    public var sampler: String
    /// The share of steps that it was asked to reuse.
    public var budget: Double
    /// What an image costs.
    public var cost: EvaluationCost
    /// Images that calibration drew to find it, in images of the uncached run; none where nothing was to be found.
    public var calibrationImages: Double?
    /// Of plain sampling: the references, `uncached` and `converged`, for which calibration chose this timestep spacing.
    public var chosenFor: [String]?
    /// Against the uncached run of the same steps; none for that run itself.
    public var toUncached: Closeness?
    /// Against the same seed's converged path; none for that path itself.
    public var toConverged: Closeness?
    /// The share of images that the classifier gives the class asked for.
    public var classAccuracy: Estimate?
    /// Fréchet distance of classifier features to those of held-out real images.
    public var frechetDistance: Double?

    /// An entry with what is known before any image is drawn.
    public init(name: String, policy: String, sampler: String, budget: Double, cost: EvaluationCost) {
        self.name = name
        self.policy = policy
        self.sampler = sampler
        self.budget = budget
        self.cost = cost
    }
}

extension EvaluationEntry {
    /// Whether it is the converged path, which is measured against the uncached run alone.
    var isConverged: Bool { policy == "none" && toConverged == nil && toUncached != nil }
}
