import Benchmarks
import CachePlanning
import RunTrace
import Sampling

/// What a measured run took.
struct RunMeasurement {
    /// One rank's part.
    struct Share: Codable, Sendable {
        var trace: RankTrace
        var denoiseSeconds: Double
    }

    let run: RunDescription
    /// From before the first slot to after the last picture, on rank 0.
    let seconds: Double
    let shares: [Share]

    init(_ run: RunDescription, seconds: Double, shares: [Share]) {
        self.run = run
        self.seconds = seconds
        self.shares = shares
    }

    /// The longest of all ranks.
    var denoiseSeconds: Double { shares.map(\.denoiseSeconds).max() ?? 0 }

    /// Activations that all ranks sent.
    var activationBytes: Int { shares.reduce(0) { $0 + $1.trace.activationBytes } }

    /// Waiting for messages, the mean of the ranks.
    var waitSeconds: Double { total(.wait) / Double(shares.count) }

    /// The share of the ranks' denoising time that goes into no step.
    var bubble: Double {
        let busy = shares.reduce(0) { sum, share in
            sum + share.trace.steps.reduce(0) { $0 + $1.busySeconds }
        }
        return max(0, 1 - busy / (denoiseSeconds * Double(shares.count)))
    }

    /// Seconds of one computed step of one image after its blocks.
    var gatherSeconds: Double { total(.gather) / Double(images * run.plan.mask.computedSteps.count) }

    /// Seconds of one reused step of one image; nil if none is reused.
    var reuseSeconds: Double? {
        let reused = run.plan.mask.reusedCount
        return reused > 0 ? total(.reuse) / Double(images * reused) : nil
    }

    /// Seconds of one computed step of a run of one image, whose steps follow each other.
    var computedSeconds: Double {
        (denoiseSeconds - total(.reuse)) / Double(run.plan.mask.computedSteps.count)
    }

    /// Seconds of one picture.
    var decodeSeconds: Double { total(.decode) / Double(images) }

    /// Seconds that a lone rank spends beside blocks and gather stage, for one image and branch.
    var embedSeconds: Double {
        let rows = run.schedule.reduce(0) { $0 + run.schedule.rows(of: $1) }
        let rest = denoiseSeconds - total(.compute) - total(.gather) - total(.reuse)
        return max(0, rest) / Double(rows)
    }

    private var images: Int { run.images.count }

    private func total(_ category: SpanCategory) -> Double {
        shares.reduce(0) { $0 + $1.trace.seconds(category) }
    }
}
