import CachePlanning
import Models
import Schedulers

/// Records what the gather stage of a calibration sees: an accumulator for each trajectory, and for each probe the
/// error that it was given and where it ended.
final class CalibrationObserver: GatherObserver {
    private let context: StageContext
    private let probedSteps: [Int]
    private var accumulators: [CalibrationAccumulator]
    private var probeErrors: [Double]
    private var ends: [[Float]]

    var residualDepth: Int { CalibrationSummary.probeReach }

    /// What is remembered of each step by itself, under its age.
    func probes(at step: Int, remembered: [Int]) -> [Int: [Float]]? {
        remembered.enumerated().reduce(into: [:]) { probes, kept in
            let weights = Array(repeating: Float(0), count: kept.offset) + [1]
            probes[step - kept.element] = weights
        }
    }

    func keepsResidual(of step: Int) -> Bool { true }
    var watchesGrowth: Bool { true }

    /// - Parameter trajectories: how many of the run's images are trajectories; the others are probes of them in turn.
    init(_ context: StageContext, trajectories: Int) {
        self.context = context
        probedSteps = Calibration.probedSteps(steps: context.run.steps, trajectories: trajectories)
        probeErrors = Array(repeating: 0, count: probedSteps.count)
        ends = Array(repeating: [], count: trajectories + probedSteps.count)
        let latents = context.latents
        let gains = context.scheduler.endGains()
        accumulators = (0..<trajectories).map { _ in
            CalibrationAccumulator(
                steps: context.run.steps, reuseOf: context.reusesModules ? .modules : .residual,
                channels: latents.channels * latents.frames, height: latents.height, width: latents.width,
                schedulerGains: gains)
        }
    }

    func observe(
        image: Int, step: Int, latent: [Float], computed: Prediction, reused: [Int: Prediction]
    ) -> Prediction {
        let probe = image - accumulators.count
        guard probe < 0 else {
            guard step == probedSteps[probe], let wrong = reused[1] else { return computed }
            probeErrors[probe] = squaredDistance(wrong.output, computed.output)
            return wrong
        }
        accumulators[image].record(point: step, values: scaled(latent, step: step))
        accumulators[image].record(
            step: step, output: computed.output, reusedOutputs: reused.mapValues(\.output))
        return computed
    }

    func observe(image: Int, step: Int, residualGrowth: Double) {
        guard image < accumulators.count else { return }
        accumulators[image].record(step: step, residualGrowth: residualGrowth)
    }

    func observe(image: Int, finished latent: [Float]) {
        ends[image] = latent
        guard image < accumulators.count else { return }
        accumulators[image].record(point: context.run.steps, values: scaled(latent, step: context.run.steps))
    }

    /// In order of the images, so that sums are the same bits however images were grouped.
    func summaries() throws(PlanError) -> [CalibrationSummary] {
        var all: [CalibrationSummary] = []
        for accumulator in accumulators { all.append(try accumulator.finish()) }
        for (probe, step) in probedSteps.enumerated() {
            let trajectory = probe % accumulators.count
            all.append(
                CalibrationSummary(
                    probedStep: step, error: probeErrors[probe],
                    effect: squaredDistance(ends[accumulators.count + probe], ends[trajectory]),
                    like: all[trajectory]))
        }
        return all
    }

    /// The coordinates in which a path bends only as the model bends it.
    private func scaled(_ latent: [Float], step: Int) -> [Float] {
        let scale = Float(context.scheduler.pathScale(beforeStep: step))
        return latent.map { $0 * scale }
    }
}

/// ‖a − b‖².
func squaredDistance(_ a: [Float], _ b: [Float]) -> Double {
    zip(a, b).reduce(0) { $0 + Double($1.0 - $1.1) * Double($1.0 - $1.1) }
}
