import CachePlanning
import Sampling

/// The ranks of a run on their way through its schedule, by the clock of a ``ScalingModel``.
struct ScheduleWalk {
    private let model: ScalingModel
    private let run: RunDescription
    private let schedule: Schedule
    private let ranks: Int
    /// For each computed step the reused ones that follow it.
    private let reusedAfter: [Int: Int]
    /// When each rank has done what it was given so far.
    private var free: [Double]
    private var busy: [Double]
    /// Time of each rank that went into decoding before its last slot was done.
    private var decoded: [Double]
    /// When the head gets the latents of each group's next step.
    private var latentsAt: [Int: Double] = [:]
    /// When latents that each rank is to decode are there.
    private var undecoded: [[Double]]
    private var activationBytes = 0
    /// When the link from one rank to another has moved what it was given so far.
    private var linkFree: [[Double]]

    init(_ model: ScalingModel, _ run: RunDescription) {
        self.model = model
        self.run = run
        schedule = run.schedule
        ranks = run.partition.blockCounts.count
        var reusedAfter: [Int: Int] = [:]
        var last = 0
        for step in 0..<run.steps {
            if run.plan.mask.computed[step] { last = step } else { reusedAfter[last, default: 0] += 1 }
        }
        self.reusedAfter = reusedAfter
        free = Array(repeating: 0, count: ranks)
        busy = free
        decoded = free
        undecoded = Array(repeating: [], count: ranks)
        linkFree = Array(repeating: free, count: ranks)
    }

    mutating func prediction() -> RunPrediction {
        for slot in schedule { take(slot) }
        let denoise = zip(free, decoded).map { $0 - $1 }.max() ?? 0
        var end = 0.0
        for rank in 0..<ranks {
            for at in undecoded[rank] { free[rank] = max(free[rank], at) + model.costs.decodeSeconds }
            let link = model.links[rank, 0]
            let way = rank == 0 ? 0 : link.latencySeconds + link.transferSeconds(model.pictureBytes)
            end = max(end, free[rank] + way)
        }
        return RunPrediction(
            seconds: end, denoiseSeconds: denoise, busySeconds: busy, activationBytes: activationBytes)
    }

    private mutating func take(_ slot: Slot) {
        let costs = model.costs
        let rows = schedule.rows(of: slot)
        var at = latentsAt[slot.group] ?? 0
        for rank in 0..<ranks {
            decodeWhileWaiting(rank, until: at)
            let block = Double(rows) * costs.blockSeconds(on: rank) + costs.microBatchSeconds
            var work = Double(run.partition.blockCounts[rank]) * block
            if rank == 0 { work += Double(rows) * costs.embedSeconds }
            spend(work, on: rank, from: at)
            if rank < ranks - 1 {
                let bytes = rows * model.activationBytes(of: run, at: slot.step, after: rank)
                activationBytes += bytes
                at = send(bytes, from: rank, to: rank + 1)
            }
        }
        if slot.completesStep { gather(slot) }
    }

    /// The gather stage's step, and the reused ones after it.
    private mutating func gather(_ slot: Slot) {
        let tail = ranks - 1
        let images = schedule.images(of: slot.group)
        let reused = reusedAfter[slot.step] ?? 0
        let each = model.costs.gatherSeconds + Double(reused) * model.costs.reuseSeconds
        spend(Double(images.count) * each, on: tail, from: 0)
        guard slot.step + reused < run.steps - 1 else {
            for image in images { finish(image) }
            return
        }
        latentsAt[slot.group] =
            tail == 0 ? free[0] : send(images.count * model.latentBytes, from: tail, to: 0)
    }

    private mutating func finish(_ image: Int) {
        let tail = ranks - 1
        let rank = run.decodingRank(of: image)
        if ranks == 1 {
            free[0] += model.costs.decodeSeconds
            decoded[0] += model.costs.decodeSeconds
        } else {
            let at = rank == tail ? free[tail] : send(model.latentBytes, from: tail, to: rank)
            undecoded[rank].append(at)
        }
    }

    /// A rank decodes when it would otherwise wait, and once begun ends it.
    private mutating func decodeWhileWaiting(_ rank: Int, until at: Double) {
        while let latent = undecoded[rank].first, free[rank] < at, latent < at {
            undecoded[rank].removeFirst()
            free[rank] = max(free[rank], latent) + model.costs.decodeSeconds
            decoded[rank] += model.costs.decodeSeconds
        }
    }

    private mutating func spend(_ seconds: Double, on rank: Int, from at: Double) {
        free[rank] = max(free[rank], at) + seconds
        busy[rank] += seconds
    }

    /// When a message that is sent now arrives, behind those before it; what of it cannot overlap keeps the sender,
    /// and the receiver too.
    private mutating func send(_ bytes: Int, from source: Int, to target: Int) -> Double {
        let link = model.links[source, target]
        let transfer = link.transferSeconds(bytes)
        let end = max(free[source], linkFree[source][target]) + transfer
        linkFree[source][target] = end
        let kept = (1 - link.overlap) * transfer
        free[source] += kept
        free[target] += kept
        return end + link.latencySeconds
    }
}
