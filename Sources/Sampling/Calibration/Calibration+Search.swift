import CachePlanning
import Checkpoints
import Models
import Platform
import RunTrace
import Schedulers
import Transport

/// A plan that was found by drawing calibration's trajectories, and what that has cost.
public struct FoundPlan: Sendable, Codable {
    /// The plan.
    public var plan: CachePlan
    /// How far the trajectories end from uncached ones under it: the mean logarithm of ‖error‖ / ‖x_S‖.
    public var distance: Double
    /// What was drawn to find it, in images of the uncached run, by evaluations of blocks.
    public var images: Double

    /// A plan of the given parts.
    public init(plan: CachePlan, distance: Double = 0, images: Double) {
        self.plan = plan
        self.distance = distance
        self.images = images
    }
}

/// A rule that was found by drawing calibration's trajectories, and what that has cost.
public struct FoundRule: Sendable, Codable {
    /// The rule.
    public var rule: DynamicRule
    /// What was drawn to find it, in images of the uncached run, by evaluations of blocks.
    public var images: Double
}

extension Calibration {
    /// What ``summary(stage:communicator:trace:progress:)`` draws, in images of the uncached run.
    public var summaryImages: Double { Double(run.images.count) }

    /// Finds the plan under which calibration's images end nearest to uncached ones: each is drawn once.
    /// - Parameter plans: of any policies; of equally near ones the first is taken.
    /// - Returns: the nearest, the same on all ranks.
    /// - Throws: what a run throws.
    public func nearest(
        of plans: [CachePlan], stage: LoadedStage, communicator: any Communicator, trace: TraceRecorder,
        progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> FoundPlan {
        progress(0, plans.count + 1)
        let uncached = try ends(
            under: run.plan, scheduler: run.scheduler, stage: stage, communicator: communicator, trace: trace)
        let found = try nearest(
            of: plans, to: uncached, stage: stage, communicator: communicator, trace: trace
        ) { progress($0 + 1, $1 + 1) }
        return try communicator.decide {
            guard let found else { preconditionFailure("Calibration: rank 0 has no plan to choose from") }
            return FoundPlan(
                plan: plans[found.place], distance: Self.meanLogarithm(found.errors),
                images: Double(trajectories) + found.images)
        }
    }

    /// Draws the trajectories in another way.
    /// - Parameters:
    ///   - plan: of as many steps as it says.
    ///   - scheduler: deterministic.
    /// - Returns: their final latents on rank 0, and nothing elsewhere.
    /// - Throws: what a run throws.
    public func ends(
        under plan: CachePlan, scheduler: SchedulerConfiguration, stage: LoadedStage,
        communicator: any Communicator, trace: TraceRecorder
    ) throws -> [[Float]]? {
        let latents = FinalLatents(images: trajectories)
        try draw(
            plan, scheduler: scheduler, watching: latents, stage: stage, communicator: communicator,
            trace: trace)
        return try communicator.gather(latents.latents, to: 0).last
    }

    /// What ``ends(under:scheduler:stage:communicator:trace:)`` draws with so many steps, in images of the uncached run.
    public func images(drawing steps: Int) -> Double {
        Double(trajectories * steps) / Double(run.steps)
    }

    /// How far some latents are from others: the mean logarithm of ‖a − b‖ / ‖b‖.
    public static func distance(_ latents: [[Float]], from others: [[Float]]) -> Double {
        meanLogarithm(zip(latents, others).map { relativeDistance($0, from: $1) })
    }

    /// The place and errors of the plan that ends nearest to a reference, on rank 0; of equal ones the first.
    func nearest(
        of plans: [CachePlan], to reference: [[Float]]?, stage: LoadedStage, communicator: any Communicator,
        trace: TraceRecorder, progress: (_ done: Int, _ of: Int) -> Void
    ) throws -> (place: Int, errors: [Double], images: Double)? {
        var best: (place: Int, errors: [Double])?
        var images = 0.0
        for (place, plan) in plans.enumerated() {
            let ends = try ends(
                under: plan, scheduler: run.scheduler, stage: stage, communicator: communicator, trace: trace)
            images += self.images(under: plan, stage)
            progress(place + 1, plans.count)
            guard let ends, let reference else { continue }
            let found = zip(ends, reference).map { Self.relativeDistance($0, from: $1) }
            if best.map({ Self.meanLogarithm(found) < Self.meanLogarithm($0.errors) }) ?? true {
                best = (place, found)
            }
        }
        return best.map { ($0.place, $0.errors, images) }
    }

    /// Draws the trajectories under a plan.
    /// - Parameter sumSteps: [S], the later steps for which each step's modules are summed up, where not the plan's own.
    /// - Returns: what was decided while sampling, on rank 0.
    @discardableResult
    func draw(
        _ plan: CachePlan, scheduler: SchedulerConfiguration? = nil, sumSteps: [[Int]]? = nil,
        watching observer: (any GatherObserver)?, stage: LoadedStage, communicator: any Communicator,
        trace: TraceRecorder
    ) throws -> DynamicDecisions? {
        var run = trajectoriesAlone(for: stage, ranks: communicator.size)
        run.plan = plan
        if let scheduler { run.scheduler = scheduler }
        let trace =
            plan.steps == self.run.steps
            ? trace
            : TraceRecorder(rank: communicator.rank, hostName: communicator.hostName, stepCount: plan.steps)
        let context = try context(run, stage, communicator, trace, sumSteps: sumSteps)
        let isTail = communicator.rank == communicator.size - 1
        let pipeline = try PipelineStage(context, decoding: nil, observer: isTail ? observer : nil)
        try pipeline.run()
        return pipeline.decisions
    }

    /// Images of the uncached run that evaluate as many blocks as all trajectories do under a plan.
    func images(under plan: CachePlan, _ stage: LoadedStage) -> Double {
        let cost = plan.cost(stage.denoiser.configuration.products)
        return Double(trajectories) * cost.blockEvaluations / cost.blockEvaluationsWithoutReuse
    }

    /// As decibels are averaged: a mean of squares would let the one image decide that fell into another shape.
    static func meanLogarithm(_ errors: [Double]) -> Double {
        errors.reduce(0) { $0 + log(max($1, closest)) } / Double(max(1, errors.count))
    }

    /// Below it there is only rounding: 140 dB.
    private static let closest = 1e-7

    /// ‖a − b‖ / ‖b‖.
    private static func relativeDistance(_ a: [Float], from b: [Float]) -> Double {
        let size = b.reduce(0) { $0 + Double($1) * Double($1) }
        return (squaredDistance(a, b) / size).squareRoot()
    }
}
