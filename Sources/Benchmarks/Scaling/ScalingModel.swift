import CachePlanning
import Models
import Sampling
import Tensors

/// Predicts how long a run takes from what its pieces cost.
///
/// It walks the schedule that the ranks would walk, slot by slot and rank by rank, so that micro-batches, uneven cuts,
/// reuse, links and filling come out as they are. With equal stages and free links the steady state is the closed form
/// B·m·R / max(B·m, R+m−1) of B images in m micro-batches each.
public struct ScalingModel: Sendable {
    /// What the ranks' pieces cost.
    public var costs: RunCosts
    /// What messages cost.
    public var links: LinkTable
    /// The shape of the denoiser.
    public let denoiser: any DenoiserConfiguration
    /// The shape of the decoder.
    public let autoencoder: AutoencoderConfiguration

    /// A model of runs of the given network.
    public init(
        costs: RunCosts, links: LinkTable, denoiser: any DenoiserConfiguration,
        autoencoder: AutoencoderConfiguration
    ) {
        self.costs = costs
        self.links = links
        self.denoiser = denoiser
        self.autoencoder = autoencoder
    }

    /// What a run takes; its plan must choose whole steps.
    public func prediction(of run: RunDescription) -> RunPrediction {
        var walk = ScheduleWalk(self, run)
        return walk.prediction()
    }

    /// Bytes that go from a rank to the next at a step, for one image of one branch: its hidden state, sums of modules
    /// for the reused steps to come, and what earlier blocks have left for those behind the cut.
    func activationBytes(of run: RunDescription, at step: Int, after rank: Int) -> Int {
        let skips = denoiser.skipsUnderWay(before: run.partition.blocks(of: rank).upperBound).count
        let states = run.plan.travellingStates(at: step) + skips
        return states * denoiser.layout.rows * denoiser.layout.width * run.wire.elementType.byteCount
    }

    /// Bytes of one latent.
    var latentBytes: Int { denoiser.latents.count * ElementType.f32.byteCount }

    /// Bytes of one picture.
    var pictureBytes: Int {
        let (latents, upscale) = (denoiser.latents, autoencoder.upscale)
        return autoencoder.outputChannels * latents.height * upscale * latents.width * upscale
            * ElementType.f32.byteCount
    }
}

/// What a run is predicted to take.
public struct RunPrediction: Sendable, Equatable {
    /// From the first slot to the last picture on rank 0.
    public var seconds: Double
    /// From the first slot to the end of the last one, decoding left out.
    public var denoiseSeconds: Double
    /// On each rank: blocks, embedding, gather stage, reused steps.
    public var busySeconds: [Double]
    /// Activations sent by all ranks.
    public var activationBytes: Int

    /// The share of the ranks' time while denoising in which they do nothing.
    public var bubble: Double {
        guard denoiseSeconds > 0 else { return 0 }
        return max(0, 1 - busySeconds.reduce(0, +) / (denoiseSeconds * Double(busySeconds.count)))
    }
}
