import Sampling

/// What keeps a run from being faster.
public enum ScalingLimit: Sendable, Equatable {
    /// A rank that has hardly a pause.
    case compute(rank: Int)
    /// Messages between two ranks.
    case link(Int, Int)
    /// Ranks wait because no image is ready for them.
    case images
    /// Pictures take longer than all else.
    case decoding

    /// In words.
    public var description: String {
        switch self {
        case .compute(let rank): "compute of stage \(rank)"
        case .link(let a, let b): "link between \(a) and \(b)"
        case .images: "too few images in flight"
        case .decoding: "decoding"
        }
    }
}

extension ScalingModel {
    /// What limits a run, found by taking it away: a stage that is busy nine tenths of the time, else links or too
    /// few images, whichever would save more.
    public func limit(of run: RunDescription) -> ScalingLimit {
        let whole = prediction(of: run)
        if whole.seconds > 2 * whole.denoiseSeconds { return .decoding }
        let stages = whole.busySeconds
        if let busiest = stages.indices.max(by: { stages[$0] < stages[$1] }),
            stages[busiest] >= 0.9 * whole.denoiseSeconds
        {
            return .compute(rank: busiest)
        }
        var unlinked = self
        unlinked.links = LinkTable(.free)
        let withoutLinks = unlinked.prediction(of: run).denoiseSeconds
        let withMoreImages = prediction(of: run.doublingImages).denoiseSeconds / 2
        guard withoutLinks < withMoreImages else { return .images }
        let slowest =
            (0..<stages.count - 1).max { transfer(of: run, after: $0) < transfer(of: run, after: $1) } ?? 0
        return .link(slowest, slowest + 1)
    }

    /// Of the first step, at which nothing is reused.
    private func transfer(of run: RunDescription, after rank: Int) -> Double {
        let link = links[rank, rank + 1]
        return link.latencySeconds + link.transferSeconds(activationBytes(of: run, at: 0, after: rank))
    }

    /// The limit of a run in one sentence, and whether one more rank would help.
    /// - Parameter larger: the same run on one more rank; nil if there is no block for it.
    public func verdict(on run: RunDescription, larger: RunDescription?) -> String {
        let ranks = run.partition.blockCounts.count
        let first = "\(ranks) \(ranks == 1 ? "rank" : "ranks"): limited by \(limit(of: run).description); "
        guard let larger else { return first + "there is no block for another host." }
        let gain = prediction(of: run).seconds / prediction(of: larger).seconds
        guard gain >= 1.05 else { return first + "another host would not help." }
        return first + "another host would make it \(twoDigits(gain)) × as fast."
    }
}

extension RunDescription {
    /// The same run of twice as many images, twice as many of them under way.
    fileprivate var doublingImages: RunDescription {
        var run = self
        run.images += images
        run.batching = MicroBatching(
            imagesPerGroup: batching.imagesPerGroup, joinsBranches: batching.joinsBranches,
            groupsInFlight: 2 * batching.groupsInFlight)
        return run
    }
}
