import CachePlanning
public import Models
import Schedulers
import Tensors

/// What must be saved of an image's trajectory to go on from before a computed step: names and shapes, all f32.
///
/// What follows from the run description is not among it: the generator's state, which its seed and the steps before
/// determine, and the steps that residuals are of.
public struct TrajectoryLayout: Sendable, Equatable {
    /// One part of the state.
    public struct Part: Sendable, Equatable {
        /// Its name in files.
        public let name: String
        /// Its extents.
        public let shape: [Int]
    }

    /// The parts, in order; the latent, [C, H, W], is the first.
    public let parts: [Part]

    static let lastOutput = "last_output"
    /// What reuse puts in the blocks' place: residuals, or sums of modules' outputs for steps to come.
    static let residuals = "residuals"

    /// Numbers in all.
    var count: Int { parts.reduce(0) { $0 + Tensor.elementCount(of: $1.shape) } }

    /// The state before a computed step of a run.
    /// - Throws: `SchedulerError`.
    public init(
        _ run: RunDescription, _ model: any DenoiserConfiguration, before step: Int
    ) throws(SchedulerError) {
        self.init(run, model, try makeScheduler(run.scheduler, steps: run.steps), before: step)
    }

    init(
        _ run: RunDescription, _ model: any DenoiserConfiguration, _ scheduler: any Scheduler,
        before step: Int
    ) {
        let latent = model.latents.extents
        var parts = [Part(name: "latent", shape: latent)]
        parts += scheduler.remembered.map { Part(name: $0, shape: latent) }
        if run.plan.correction.source == .previousOutput {
            parts.append(Part(name: Self.lastOutput, shape: latent))
        }
        let kept = run.kept(before: step).count
        if kept > 0 {
            let layout = model.layout
            parts.append(
                Part(
                    name: Self.residuals,
                    shape: [kept, run.guidance.branches, layout.kept.count, layout.width]))
        }
        self.parts = parts
    }

    /// Views of the parts in a row of ``count`` numbers, by name.
    func views(of row: Tensor) -> [String: Tensor] {
        var start = 0
        var views: [String: Tensor] = [:]
        for part in parts {
            let end = start + Tensor.elementCount(of: part.shape)
            views[part.name] = row.rows(start..<end).reshaped(part.shape)
            start = end
        }
        return views
    }
}

extension RunDescription {
    /// What reuse goes on from before a computed step: the computed steps whose residuals are remembered, or whose
    /// modules are summed up for a later step, and that step; the latest computed one first.
    ///
    /// Residuals of earlier steps are looked back at by forecasts, and by the step's own shadow pass.
    func kept(before step: Int) -> [(computed: Int, step: Int)] {
        let order = plan.correction.forecastOrder
        let latest = (0..<step).reversed().lazy.filter { plan.mask.computed[$0] }.prefix(order + 1)
        if plan.reuseOf == .modules {
            return latest.flatMap { computed in
                plan.sumSteps(of: computed).filter { $0 >= step }.map { (computed, $0) }
            }
        }
        guard order > 0 || plan.needsShadowPass(at: step) else { return [] }
        return latest.map { ($0, step) }
    }
}

/// The state of one image before a computed step.
///
/// Its tensors are valid until the call that is given it returns.
public struct SavedTrajectory {
    /// The image's number in the run.
    public let image: Int
    /// The step that comes next.
    public let step: Int
    /// By the names of the ``TrajectoryLayout``.
    public let tensors: [String: Tensor]
}
