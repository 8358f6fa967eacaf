import CachePlanning
import Checkpoints
import Engines
import Evaluation
import Models
import Sampling
import Schedulers
import Tables

/// Makes the table of what was measured.
struct EvaluationResults {
    let request: EvaluationRequest
    let ways: ComparedWays
    let state: EvaluationState
    let model: RankModel
    let judge: Judge.Files?

    func table() throws -> EvaluationTable {
        let sampler = request.sampler
        return EvaluationTable(
            title: "\(counted(request.pairCount, "image")), \(counted(sampler.steps, "step")) of "
                + "\(sampler.scheduler.kind.rawValue), guidance \(sampler.guidance)",
            model: model.opened.folder.name, notes: notes, budgets: request.budgets,
            entries: ways.inTable.map(entry))
    }

    private func entry(_ way: SamplingWay) -> EvaluationEntry {
        let images = images(way)
        var entry = EvaluationEntry(
            name: way.name, policy: way.policy, sampler: way.sampler, budget: way.budget,
            cost: cost(way, images))
        entry.calibrationImages = way.calibrationImages
        if !way.nearestTo.isEmpty { entry.chosenFor = way.nearestTo.map(\.rawValue) }
        entry.toUncached = closeness(way, images, .uncached)
        entry.toConverged = closeness(way, images, .converged)
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
            on: model.opened.folder.denoiser,
            branches: model.opened.folder.denoiser.guidance(scale: request.sampler.guidance).branches,
            activations: model.stage.engine.activationType,
            seconds: seconds.reduce(0, +) / Double(max(1, seconds.count)),
            decided: decided.isEmpty ? nil : Double(decided.reduce(0, +)) / Double(decided.count))
    }

    /// What was found of a way's images, in their order.
    private func images(_ way: SamplingWay) -> [DrawnImage] {
        (state.drawn[way.key] ?? [:]).sorted { $0.key < $1.key }.map(\.value)
    }

    private func measures(_ images: [DrawnImage], _ reference: Reference) -> [PairMeasures] {
        images.compactMap { reference == .uncached ? $0.toUncached : $0.toConverged }
    }

    private func closeness(
        _ way: SamplingWay, _ images: [DrawnImage], _ reference: Reference
    ) -> Closeness? {
        let measures = measures(images, reference)
        guard !measures.isEmpty else { return nil }
        func mean(_ measure: (PairMeasures) -> Double) -> Estimate { Estimate(of: measures.map(measure)) }
        func difference(to other: SamplingWay?) -> Difference? {
            guard let other, other.key != way.key else { return nil }
            let others = self.measures(self.images(other), reference)
            guard others.count == measures.count else { return nil }
            func mean(_ measure: (PairMeasures) -> Double) -> Estimate {
                Estimate(pairedDifference: measures.map(measure), others.map(measure))
            }
            return Difference(
                other: other.name, psnr: mean(\.psnr), ssimLuma: mean(\.ssimLuma), ssimRGB: mean(\.ssimRGB),
                latentError: mean(\.latentError))
        }
        let equals = ways.costClass(of: way)
        return Closeness(
            psnr: mean(\.psnr), psnrTail: Tail(of: measures.map(\.psnr)), ssimLuma: mean(\.ssimLuma),
            ssimLumaTail: Tail(of: measures.map(\.ssimLuma)), ssimRGB: mean(\.ssimRGB),
            latentError: mean(\.latentError), toPlanned: difference(to: equals?.planned),
            toPlain: difference(to: equals?.plain(for: reference)))
    }

    private var notes: [String] {
        let engine = model.stage.engine.description
        let seeds = request.images.prefix(request.pairCount).map(\.seed)
        var notes = [
            "Seeds \(seeds.first ?? 0) to \(seeds.last ?? 0); SSIM and latents against the uncached run; converged: "
                + "\(ways.converged.sampler)\(refinement); ± is a standard error; worst and 5 %: the worst image and the "
                + "5th percentile.",
            "Cost is evaluations of blocks in steps of the uncached run. Differences are paired, image by image, with "
                + "planned and with the best plain sampling of the whole number of steps below the cost, or at it where less "
                + "than 1 % is lacking.",
            "Every policy's settings, planned's included, and the timestep spacing of plain sampling, for each reference "
                + "by itself, are those with which \(counted(Calibration.trajectoriesToPlan, "trajectory", "trajectories")) "
                + "of calibration, of other seeds, end nearest to the reference; calibration: all that was drawn for it, in "
                + "images of the uncached run.",
            "Computed with \(engine.name) \(engine.precision.rawValue); seconds are an image's share of its group's.",
        ]
        if request.judgedCount > 0 {
            notes.append("Accuracy and Fréchet distance of \(counted(request.judgedCount, "image")).")
        }
        if let misses { notes.append(misses) }
        for budget in request.budgets {
            let masks = ways.compared.filter {
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

    /// What twice as many steps change of the converged path.
    private var refinement: String {
        guard let refined = ways.refined else { return "" }
        let psnr = measures(images(refined), .converged).map(\.psnr)
        guard !psnr.isEmpty else { return "" }
        let estimate = Estimate(of: psnr)
        return
            ", from which \(counted(refined.plan.steps, "step")) of it are \(fixedPoint(estimate.mean, digits: 1)) ± "
            + "\(fixedPoint(estimate.standardError, digits: 1)) dB away on \(counted(psnr.count, "image"))"
    }

    /// The policies whose cost is more than 1 % from their budget.
    private var misses: String? {
        let steps = request.sampler.steps
        let missing = ways.compared.filter { request.budgets.contains($0.budget) }.compactMap { way in
            let asked = steps - SelectionRules(reuseFraction: way.budget).budget(steps: steps)
            let share = way.cost / Double(asked) - 1
            guard abs(share) > 0.01 else { return String?.none }
            return "\(way.name) \(share > 0 ? "+" : "−")\(fixedPoint(abs(share) * 100, digits: 1)) %"
        }
        guard !missing.isEmpty else { return nil }
        return "No setting comes within 1 % of the budget's cost, but: \(missing.joined(separator: ", "))."
    }
}
