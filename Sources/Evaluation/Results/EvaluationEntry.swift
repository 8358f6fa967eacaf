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

/// How near an entry's images come to those of a reference with the same seeds.
public struct Closeness: Sendable, Codable, Equatable {
    /// Peak signal-to-noise ratio, dB, of 8-bit RGB.
    public var psnr: Estimate
    /// Structural similarity of luma.
    public var ssimLuma: Estimate
    /// Structural similarity of RGB, averaged over channels.
    public var ssimRGB: Estimate
    /// ‖x − reference‖ / ‖reference‖ of final latents.
    public var latentError: Estimate
    /// This entry's PSNR less that of the `planned` entry of equal cost, image by image, dB.
    public var psnrDifference: Estimate?
    /// The same of structural similarity of luma.
    public var ssimLumaDifference: Estimate?
    /// The same of structural similarity of RGB.
    public var ssimRGBDifference: Estimate?
    /// The same of the latents' relative error: above 0 where `planned` comes nearer.
    public var latentErrorDifference: Estimate?

    /// A closeness of the given estimates.
    public init(
        psnr: Estimate, ssimLuma: Estimate, ssimRGB: Estimate, latentError: Estimate,
        psnrDifference: Estimate? = nil, ssimLumaDifference: Estimate? = nil,
        ssimRGBDifference: Estimate? = nil, latentErrorDifference: Estimate? = nil
    ) {
        self.psnr = psnr
        self.ssimLuma = ssimLuma
        self.ssimRGB = ssimRGB
        self.latentError = latentError
        self.psnrDifference = psnrDifference
        self.ssimLumaDifference = ssimLumaDifference
        self.ssimRGBDifference = ssimRGBDifference
        self.latentErrorDifference = latentErrorDifference
    }
}

/// What an image costs, on average.
public struct EvaluationCost: Sendable, Codable, Equatable {
    /// Steps in which blocks ran.
    public var computedSteps: Double
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
        computedSteps: Double, blockEvaluations: Double, flops: Double, seconds: Double, bytesMoved: Double
    ) {
        self.computedSteps = computedSteps
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
    /// Against the uncached run of the same steps; none for that run itself.
    public var toUncached: Closeness?
    /// Against the same seed's converged path.
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
