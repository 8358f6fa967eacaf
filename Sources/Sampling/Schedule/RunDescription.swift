import CachePlanning
public import Models
import Schedulers

/// One image to draw.
public struct ImageRequest: Sendable, Equatable, Codable {
    /// What the model is told of it.
    public let prompt: PromptState
    /// What it is told in the further branches of guidance, the prompt's opposite first; the model's own where there is
    /// none.
    public var others: [PromptState] = []
    /// The seed of its noise.
    public let seed: UInt64

    /// An image of the given prompt and seed.
    public init(prompt: PromptState, seed: UInt64) {
        self.prompt = prompt
        self.seed = seed
    }

    /// An image of the given class and seed.
    public init(label: Int, seed: UInt64) { self.init(prompt: PromptState(label: label), seed: seed) }
}

/// Where finished latents become pictures.
public enum DecodePlacement: String, Sendable, Codable, CaseIterable {
    /// Image k on rank k mod R.
    case spread
    /// All on rank 0.
    case head

    /// The rank, of so many, that decodes an image.
    public func rank(of image: Int, ranks: Int) -> Int { self == .head ? 0 : image % ranks }

    /// The images, of so many, that a rank decodes, in order.
    func images(on rank: Int, of images: Int, ranks: Int) -> LazyMapCollection<Range<Int>, Int> {
        let (count, stride) =
            self == .head
            ? (rank == 0 ? images : 0, 1) : ((images + ranks - 1 - rank) / ranks, ranks)
        return (0..<count).lazy.map { rank + $0 * stride }
    }

    /// Whether a rank decodes any of so many images.
    public func decodes(on rank: Int, images: Int) -> Bool { self == .head ? rank == 0 : rank < images }
}

/// What every rank must know alike before the first step; resolved on rank 0 and broadcast.
///
/// The length and order of every message follow from it.
public struct RunDescription: Sendable, Codable {
    /// The images, in order.
    public var images: [ImageRequest]
    /// How branches are joined.
    public var guidance: Guidance
    /// The scheduler.
    public var scheduler: SchedulerConfiguration
    /// Which steps are computed, and how reused ones are corrected.
    public var plan: CachePlan
    /// Blocks on each rank.
    public var partition: Partition
    /// How images travel.
    public var batching: MicroBatching
    /// Where latents are decoded.
    public var decoding: DecodePlacement
    /// How hidden states travel.
    public var wire: WireFormat
    /// The step that all images are before: 0, or a later one that travels, from saved states.
    public var firstStep = 0

    /// A description of the given parts.
    public init(
        images: [ImageRequest], guidance: Guidance, scheduler: SchedulerConfiguration, plan: CachePlan,
        partition: Partition, batching: MicroBatching, decoding: DecodePlacement = .spread,
        wire: WireFormat = .f32
    ) {
        self.images = images
        self.guidance = guidance
        self.scheduler = scheduler
        self.plan = plan
        self.partition = partition
        self.batching = batching
        self.decoding = decoding
        self.wire = wire
    }

    /// Steps of the sampler.
    public var steps: Int { plan.mask.steps }

    /// What travels, in order; under a dynamic rule what may travel, image by image, as each is decided for itself.
    public var schedule: Schedule {
        Schedule(
            images: images.count, steps: plan.travellingSteps.filter { $0 >= firstStep },
            branches: guidance.branches,
            batching: plan.dynamic == nil ? batching : batching.imageByImage)
    }

    /// The rank that decodes an image.
    public func decodingRank(of image: Int) -> Int {
        decoding.rank(of: image, ranks: partition.blockCounts.count)
    }
}
