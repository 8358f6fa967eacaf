import CachePlanning
import RunTrace
import Transport

extension Calibration {
    /// Finds the plan, its forecast and correction with which calibration's images end nearest to uncached ones.
    /// - Parameter plans: of whole steps; their masks are kept.
    /// - Returns: the best plan, the same on all ranks.
    /// - Throws: what a run throws.
    public func best(
        of plans: [CachePlan], outputEnergies: [Double], stage: LoadedStage, communicator: any Communicator,
        trace: TraceRecorder, progress: (_ done: Int, _ of: Int) -> Void = { _, _ in }
    ) throws -> FoundPlan {
        var best: FoundPlan?
        var images = 0.0
        for (place, plan) in plans.enumerated() {
            let found = try bestForecast(
                for: plan, outputEnergies: outputEnergies, stage: stage, communicator: communicator,
                trace: trace
            ) { progress(place * $1 + $0, plans.count * $1) }
            images += found.images
            if best.map({ found.distance < $0.distance }) ?? true { best = found }
        }
        guard var best else { preconditionFailure("Calibration: no plan to choose from") }
        best.images = images
        return best
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
    ) throws -> FoundPlan {
        let watching = ForecastObserver(plan.mask, images: trajectories)
        let mask = plan.mask
        let sumSteps = (0..<run.steps).map {
            Array(mask.stepsForecast(from: $0, order: ResidualForecast.highestOrder))
        }
        try draw(
            run.plan, sumSteps: plan.reuseOf == .modules ? sumSteps : nil, watching: watching, stage: stage,
            communicator: communicator, trace: trace)
        let errors = try communicator.gather(watching.errors, to: 0).last ?? []
        let fits = errors.isEmpty ? [] : ForecastFit.all(plan.mask, errors)
        let candidates = try communicator.decide { try fits.map { try plan.correcting($0.correction) } }
        // Of equal ones the cheaper is taken, which comes first.
        let best = try nearest(
            of: candidates, to: errors.isEmpty ? nil : errors.map(\.final), stage: stage,
            communicator: communicator, trace: trace
        ) { progress($0 + 1, $1 + 1) }
        return try communicator.decide {
            guard let best else { preconditionFailure("Calibration: rank 0 has no forecast") }
            return FoundPlan(
                plan: try plan.forecasting(
                    fits[best.place], outputEnergies: outputEnergies, errors: best.errors),
                distance: Self.meanLogarithm(best.errors), images: Double(trajectories) + best.images)
        }
    }
}
