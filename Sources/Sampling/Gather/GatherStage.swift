import CachePlanning
import Checkpoints
import Engines
import Models
import RunTrace
import Tensors

/// What watches the gather stage: calibration.
protocol GatherObserver: AnyObject {
    /// How many computed steps' residuals to keep.
    var residualDepth: Int { get }
    /// What reuse is to be tried with at a computed step: by key, the weights of what is remembered of earlier computed
    /// steps, latest first.
    ///
    /// None: what the plan wants.
    func probes(at step: Int, remembered: [Int]) -> [Int: [Float]]?
    /// Whether later steps reuse the residual of this one.
    func keepsResidual(of step: Int) -> Bool
    /// A computed step of one image: the latent before it, the prediction, and what reuse of a residual of
    /// each key would have predicted.
    /// - Returns: the prediction to go on with.
    func observe(
        image: Int, step: Int, latent: [Float], computed: Prediction, reused: [Int: Prediction]
    ) -> Prediction
    /// Whether it wants to know how residuals grow; then all of them are kept, and two at least.
    var watchesGrowth: Bool { get }
    /// How the magnitude of the residual has grown from the step before, of one image in one branch of guidance.
    func observe(image: Int, step: Int, residualGrowth: Double)
    /// An image's final latent.
    func observe(image: Int, finished latent: [Float])
}

/// What follows the tail's blocks, and the owner of the trajectories.
///
/// At a computed step it joins the branches, learns the error that reuse makes, and takes the scheduler's
/// step. Then it takes all reused steps that follow: embed, add the residual of the last computed step, or what its
/// modules add under the gates of now, final layer, guidance, correction, scheduler. Only then does the head get the
/// latents back.
final class GatherStage: HiddenSink {
    private let context: StageContext
    private let latents: any LatentSink
    private let decoding: DecodeStage?
    private let keeping: TrajectoryKeeper?
    private let observer: (any GatherObserver)?
    private let guidance: GuidanceJoin
    private let hook: OutputHook
    private var groups: [Int: GatherGroup] = [:]

    init(
        _ context: StageContext, latents: any LatentSink, decoding: DecodeStage?,
        keeping: TrajectoryKeeper? = nil, observer: (any GatherObserver)?
    ) {
        self.context = context
        self.latents = latents
        self.decoding = decoding
        self.keeping = keeping
        self.observer = observer
        guidance = GuidanceJoin(guidance: context.run.guidance, latents: context.latents)
        hook = OutputHook(context)
    }

    /// Residuals that the plan's forecast needs, and those that the observer wants.
    private var residualDepth: Int {
        max(context.run.plan.correction.forecastOrder + 1, observer?.residualDepth ?? 1)
    }

    func accept(_ travelling: Travelling?, of slot: Slot, _ conditioning: Conditioning) throws {
        guard let travelling else {
            preconditionFailure("GatherStage: step \(slot.step) came without its blocks")
        }
        let group = try groups[slot.group] ?? begin(slot)
        groups[slot.group] = group
        if slot.part == 0, keeping?.isSaving(slot) ?? false { try keeping?.save(group, before: slot.step) }
        try context.trace.span(.gather, step: slot.step, group: slot.group) {
            learn(travelling, slot, conditioning, group)
            if slot.completesStep { try takeComputedStep(slot.step, group) }
        }
        guard slot.completesStep else { return }
        let next = try takeReusedSteps(after: slot, group)
        if next < context.run.steps {
            try latents.release(group.latents, group: slot.group, step: next)
        } else {
            groups[slot.group] = nil
            try finish(group)
        }
    }

    private func begin(_ slot: Slot) throws -> GatherGroup {
        let group = GatherGroup(context, slot.group, residualDepth: residualDepth)
        if let keeping { try keeping.restore(group, slot) }
        return group
    }

    /// Saves the groups of a round that is not gone into.
    func save(_ round: Slot) throws {
        for number in context.schedule.groups(of: round) {
            if let group = groups[number] { try keeping?.save(group, before: round.step) }
        }
    }

    /// Predicts with the blocks' output, and with what reuse would have put in its place where somebody wants to know;
    /// then keeps what the steps to come reuse, unless blocks keep it.
    private func learn(
        _ travelling: Travelling, _ slot: Slot, _ conditioning: Conditioning, _ group: GatherGroup
    ) {
        let hidden = context.kept(of: travelling.hidden, slot)
        group.note(hidden, conditioning, of: slot, context)
        if context.run.plan.modules != nil { return }
        let embedded = context.kept(for: "embedded", slot)
        context.embed(group.latents, for: slot, conditioning, into: embedded, keptAlone: true)
        let probe = context.kept(for: "probe", slot)
        for (key, weights) in probesWanted(slot, group) {
            probe.copy(from: embedded)
            addForecast(weights, group, part: slot.part, at: slot.step, to: probe)
            group.note(probe, conditioning, of: slot, probe: key, context)
        }
        for (step, sum) in travelling.sums {
            group.sums.keep(context.kept(of: sum, slot), part: slot.part, of: slot.step, for: step)
        }
        if context.reusesModules { return }
        guard observer?.keepsResidual(of: slot.step) ?? true else { return }
        let residual = group.residuals.makeRoom(part: slot.part, shape: hidden.shape)
        context.stage.engine.subtract(hidden, embedded, into: residual)
        if let observer, observer.watchesGrowth, let growths = group.residuals.growth(part: slot.part) {
            for (row, growth) in growths.enumerated() {
                let image = group.images.lowerBound + row % group.images.count
                observer.observe(image: image, step: slot.step, residualGrowth: growth)
            }
        }
    }

    /// What reuse is tried with at a computed step: as the observer says, or as the correction of the reused steps that
    /// follow starts from the error that it makes here.
    private func probesWanted(_ slot: Slot, _ group: GatherGroup) -> [Int: [Float]] {
        let known = group.remembered(part: slot.part, at: slot.step)
        if let probes = observer?.probes(at: slot.step, remembered: known) { return probes }
        guard context.run.plan.needsShadowPass(at: slot.step), !known.isEmpty else { return [:] }
        return [1: forecast(at: slot.step, known)]
    }

    /// The weights of the plan's forecast.
    private func forecast(at step: Int, _ known: [Int]) -> [Float] {
        ResidualForecast.weights(
            at: step, through: known, order: context.run.plan.correction.forecastOrder)
    }

    /// Adds what stands in for the blocks at a step: a weighted sum of what is remembered, latest first.
    private func addForecast(
        _ weights: [Float], _ group: GatherGroup, part: Int, at step: Int, to hidden: Tensor
    ) {
        let engine = context.stage.engine
        for (back, weight) in weights.enumerated() where weight != 0 {
            let remembered = group.reused(part: part, back: back, at: step)
            if weight == 1 {
                engine.add(remembered, to: hidden)
            } else {
                engine.add(remembered, times: weight, to: hidden)
            }
        }
    }

    private func takeComputedStep(_ step: Int, _ group: GatherGroup) throws {
        guidance.join(group.takePrediction(probe: 0), step: step, into: &group.predictions)
        try group.requireFinite(step: step, context)
        let probes = group.notedProbes
        for probe in probes {
            guidance.join(
                group.takePrediction(probe: probe), step: step, into: &group.probed[probe, default: []])
        }
        if context.reusesModules {
            group.sums.finish(step: step)
        } else if observer?.keepsResidual(of: step) ?? true {
            group.residuals.complete(step: step)
        }
        for (row, image) in group.images.enumerated() {
            let observed = observer?.observe(
                image: image, step: step, latent: group.trajectories[row].latent,
                computed: group.predictions[row],
                reused: probes.reduce(into: [:]) { $0[$1] = group.probed[$1]?[row] })
            group.trajectories[row].advance(
                step, computed: observed ?? group.predictions[row],
                shadow: probes.first.flatMap { group.probed[$0]?[row] },
                source: context.run.plan.correction.source, through: hook, by: context.scheduler)
        }
        group.updateLatents()
    }

    /// Takes the reused steps behind a computed one; returns the next computed step, or the number of steps.
    private func takeReusedSteps(after slot: Slot, _ group: GatherGroup) throws -> Int {
        let plan = context.run.plan
        var step = slot.step + 1
        while step < plan.steps, !plan.travels(at: step) {
            try context.trace.span(.reuse, step: step, group: slot.group) {
                for part in context.schedule.parts(of: slot) {
                    let conditioning = try context.conditioning(part, step: step)
                    let hidden = context.kept(for: "embedded", part)
                    context.embed(group.latents, for: part, conditioning, into: hidden, keptAlone: true)
                    let known = group.remembered(part: part.part, at: step)
                    addForecast(forecast(at: step, known), group, part: part.part, at: step, to: hidden)
                    group.note(hidden, conditioning, of: part, context)
                }
                guidance.join(group.takePrediction(probe: 0), step: step, into: &group.predictions)
                for row in group.trajectories.indices {
                    group.trajectories[row].correct(&group.predictions[row], step: step, through: hook)
                }
                try group.requireFinite(step: step, context)
                for row in group.trajectories.indices {
                    group.trajectories[row].advance(
                        step, corrected: group.predictions[row], by: context.scheduler)
                }
                group.updateLatents()
            }
            step += 1
        }
        return step
    }

    private func finish(_ group: GatherGroup) throws {
        for (row, image) in group.images.enumerated() {
            observer?.observe(image: image, finished: group.trajectories[row].latent)
            try decoding?.offer(image: image, latent: group.latents[row])
        }
    }

    func poll() throws { try latents.poll() }
    func finish() throws { try latents.finish() }
}
