import CachePlanning
import Glibc
import RunTrace
import Transport

extension Calibration {
    /// Finds the plan, its forecast and correction with which calibration's images end nearest to uncached ones.
    /// - Returns: the best plan, the same on all ranks.
    /// - Throws: what a run throws.
    public func best(
        of plans: [CachePlan], outputEnergies: [Double], stage: LoadedStage, communicator: any Communicator,
        trace: TraceRecorder, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> CachePlan {
        var best: (plan: CachePlan, distance: Double)?
        for (place, plan) in plans.enumerated() {
            let found = try bestForecast(
                for: plan, outputEnergies: outputEnergies, stage: stage, communicator: communicator,
                trace: trace
            ) { progress(place * $1 + $0, plans.count * $1) }
            if best.map({ found.distance < $0.distance }) ?? true { best = found }
        }
        guard let best else { preconditionFailure("Calibration: no plan to choose from") }
        return best.plan
    }

    /// Finds the forecast, and its correction, that serves a plan's mask best.
    ///
    /// One run that computes everything fits the corrections of every order; then the trajectories are drawn under the
    /// plan with each, and what comes nearest to the uncached final latents (in decibels) is taken. What a forecast
    /// does to a path that has already left the computed one is seen in no other way.
    /// - Parameters:
    ///   - plan: of whole steps; its mask is kept.
    ///   - outputEnergies: [S], mean ‖ε_i‖², on rank 0.
    ///   - progress: called with the runs done and of all.
    /// - Returns: the plan with the best forecast, the same on all ranks.
    /// - Throws: what a run throws.
    func bestForecast(
        for plan: CachePlan, outputEnergies: [Double], stage: LoadedStage, communicator: any Communicator,
        trace: TraceRecorder, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> (plan: CachePlan, distance: Double) {
        let tail = communicator.size - 1
        func draw(_ plan: CachePlan, _ observer: any GatherObserver, sumSteps: [[Int]]? = nil) throws {
            var run = trajectoriesAlone(for: stage, ranks: communicator.size)
            run.plan = plan
            let context = try StageContext(
                run: run, stage: stage, communicator: communicator, trace: trace, initialLatents: nil,
                sumSteps: sumSteps)
            try PipelineStage(
                context, decoding: nil, observer: communicator.rank == tail ? observer : nil
            ).run()
        }
        let watching = ForecastObserver(plan.mask, images: trajectories)
        let mask = plan.mask
        let sumSteps = (0..<run.steps).map {
            Array(mask.stepsForecast(from: $0, order: ResidualForecast.highestOrder))
        }
        try draw(run.plan, watching, sumSteps: plan.reuseOf == .modules ? sumSteps : nil)
        let errors = try communicator.gather(watching.errors, to: 0).last ?? []
        let fits = errors.isEmpty ? [] : ForecastFit.all(plan.mask, errors)
        let candidates = try communicator.decide { try fits.map { try plan.correcting($0.correction) } }
        var best: (place: Int, errors: [Double])?
        for (place, candidate) in candidates.enumerated() {
            progress(place + 1, candidates.count + 1)
            let drawn = FinalLatents(images: trajectories)
            try draw(candidate, drawn)
            guard let latents = try communicator.gather(drawn.latents, to: 0).last else { continue }
            let found = zip(latents, errors).map { relativeDistance($0, from: $1.final) }
            // Of equal ones the cheaper, which comes first.
            if best.map({ meanLogarithm(found) < meanLogarithm($0.errors) }) ?? true { best = (place, found) }
        }
        progress(candidates.count + 1, candidates.count + 1)
        struct Found: Codable, Sendable {
            var plan: CachePlan
            var distance: Double
        }
        let found = try communicator.decide {
            guard let best else { preconditionFailure("Calibration: rank 0 has no forecast") }
            return Found(
                plan: try plan.forecasting(
                    fits[best.place], outputEnergies: outputEnergies, errors: best.errors),
                distance: meanLogarithm(best.errors))
        }
        return (found.plan, found.distance)
    }

    /// As decibels are averaged: a mean of squares would let the one image decide that fell into another shape.
    private func meanLogarithm(_ errors: [Double]) -> Double {
        errors.reduce(0) { $0 + log(max($1, .leastNormalMagnitude)) } / Double(max(1, errors.count))
    }

    /// ‖a − b‖ / ‖b‖.
    private func relativeDistance(_ a: [Float], from b: [Float]) -> Double {
        let size = b.reduce(0) { $0 + Double($1) * Double($1) }
        return (squaredDistance(a, b) / size).squareRoot()
    }
}
