import CachePlanning
import Checkpoints
import Engines
import Evaluation
import Sampling
import Schedulers

/// Makes the table of what was measured.
struct EvaluationResults {
    let request: EvaluationRequest
    let ways: ShownWays
    let state: EvaluationState
    let model: RankModel
    let judge: Judge.Files?

    func table() throws -> EvaluationTable {
        let sampler = request.sampler
        return EvaluationTable(
            title: "\(counted(request.pairCount, "image")), \(counted(sampler.steps, "step")) of "
                + "\(sampler.scheduler.kind.rawValue), guidance \(sampler.guidance)",
            model: model.opened.folder.name, notes: notes, entries: ways.inTable.map(entry))
    }

    private func entry(_ way: SamplingWay) -> EvaluationEntry {
        let images = images(way)
        var entry = EvaluationEntry(
            name: way.name, policy: way.policy, sampler: way.sampler, budget: way.budget,
            cost: cost(way, images))
        let rival = ways.others.first {
            $0.policy == PolicyVariant(.planned).name && isEquallyDear($0, entry)
        }
        .flatMap { $0.key == way.key ? nil : self.images($0) }
        entry.toUncached = closeness(images, rival, \.toUncached)
        entry.toConverged = closeness(images, rival, \.toConverged)
        let judged = images.compactMap(\.judgement)
        if !judged.isEmpty {
            entry.classAccuracy = Estimate(of: judged.map { $0.isRight ? 1 : 0 })
            entry.frechetDistance = judge?.real.map {
                FeatureStatistics(of: judged.map(\.features)).frechetDistance(to: $0)
            }
        }
        return entry
    }

    private func cost(_ way: SamplingWay, _ images: [DrawnImage]) -> EvaluationCost {
        let seconds = images.prefix(request.pairCount).map(\.seconds)
        let decided = images.compactMap(\.computedSteps)
        return way.plan.cost(
            on: model.opened.folder.transformer, isGuided: request.sampler.guidance > 1,
            activations: model.stage.engine.activationType,
            seconds: seconds.reduce(0, +) / Double(max(1, seconds.count)),
            decided: decided.isEmpty ? nil : Double(decided.reduce(0, +)) / Double(decided.count))
    }

    /// Equal cost means equal block evaluations.
    private func isEquallyDear(_ way: SamplingWay, _ entry: EvaluationEntry) -> Bool {
        cost(way, []).blockEvaluations == entry.cost.blockEvaluations
    }

    /// What was found of a way's images, in their order.
    private func images(_ way: SamplingWay) -> [DrawnImage] {
        (state.drawn[way.key] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    private func closeness(
        _ images: [DrawnImage], _ rival: [DrawnImage]?, _ reference: (DrawnImage) -> PairMeasures?
    ) -> Closeness? {
        let measures = images.compactMap(reference)
        guard !measures.isEmpty else { return nil }
        let others = rival?.compactMap(reference)
        func mean(_ measure: (PairMeasures) -> Double) -> Estimate { Estimate(of: measures.map(measure)) }
        func difference(_ measure: (PairMeasures) -> Double) -> Estimate? {
            guard let others, others.count == measures.count else { return nil }
            return Estimate(pairedDifference: measures.map(measure), others.map(measure))
        }
        return Closeness(
            psnr: mean(\.psnr), ssimLuma: mean(\.ssimLuma), ssimRGB: mean(\.ssimRGB),
            latentError: mean(\.latentError), psnrDifference: difference(\.psnr),
            ssimLumaDifference: difference(\.ssimLuma), ssimRGBDifference: difference(\.ssimRGB),
            latentErrorDifference: difference(\.latentError))
    }

    private var notes: [String] {
        let engine = model.stage.engine.description
        let seeds = request.images.prefix(request.pairCount).map(\.seed)
        var notes = [
            "PSNR, SSIM and latents against the uncached run of the same seeds, \(seeds.first ?? 0) to "
                + "\(seeds.last ?? 0); converged: \(ways.converged.sampler); ± is a standard error.",
            "Plain sampling takes the timestep spacing of the three that comes nearest to the converged path.",
            "Computed with \(engine.name) \(engine.precision.rawValue); seconds are an image's share of its group's.",
        ]
        if request.policies.contains(PolicyVariant(.planned)) {
            notes.append("Δ is the difference to planned of equal cost, image by image.")
        }
        if request.judgedCount > 0 {
            notes.append("Accuracy and Fréchet distance of \(counted(request.judgedCount, "image")).")
        }
        for budget in request.budgets {
            let masks = ways.others.filter {
                $0.budget == budget && $0.plan.modules == nil && $0.plan.dynamic == nil
            }
            .map(\.plan.mask)
            if let first = masks.first, masks.count > 1, masks.allSatisfy({ $0 == first }) {
                notes.append(
                    "At \(SamplingWay.percent(budget)) % all policies of whole steps reuse the same ones, so that their "
                        + "corrections are compared, not their choices.")
            }
        }
        return notes
    }
}
