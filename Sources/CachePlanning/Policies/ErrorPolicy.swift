/// Reuses where it changes the final latent least, seen over the whole trajectory.
///
/// Ours; no paper's.
///
/// The cost of a run of reused steps i behind the computed step j is (Σ_i g_i √E_i)². E_i is the mean ‖error‖² that
/// calibration found for the *corrected* or forecast prediction of step i at that age i − j and that spacing of j from the
/// computed step before it; g_i is how far the final latent moves for a unit of that error (``CalibrationSummary``'s
/// `endGains`). The mask has the lowest sum over its runs that the rules allow, found exactly, and for the best
/// correction or order of forecast. The score shown for a step is g_i √E_i / ‖x_S‖ at age 1 and spacing 2.
public struct ErrorPolicy: CachePolicy {
    /// Masks of the error model that are drawn with: those behind are much like them.
    private static let mostErrorMasks = 3
    /// Even masks that are drawn with, and such that compute more densely the later it is (``UniformPolicy``).
    ///
    /// The error model adds up what each run of reused steps does by itself, and so does not see how errors of runs at
    /// even distances take each other back.
    private static let evenPowers = [1, 1.12, 1.25]

    /// The corrections to choose from.
    public var correction: CorrectionChoice

    /// `planned`.
    public var name: PolicyName { .planned }

    static let description = PolicyDescription(
        "reuse where it changes the final latent least, seen over the whole trajectory", options: [.budget],
        needsCalibration: true, usualReuse: .modules, usualCorrection: .best,
        .steps { _, correction in ErrorPolicy(correction: correction) })

    /// The policy for reuse with the given correction.
    public init(correction: CorrectionChoice = .measuredBest) { self.correction = correction }

    /// The mask of the smallest expected error; it needs calibration.
    public func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection {
        guard let best = try errorMasks(steps: steps, rules: rules, calibration: calibration).first else {
            preconditionFailure("ErrorPolicy: no correction to choose from")
        }
        return best
    }

    /// Masks of the corrections and orders of forecast that promise most, and even ones.
    public func selections(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> [PolicySelection] {
        var found = Array(
            try errorMasks(steps: steps, rules: rules, calibration: calibration).prefix(Self.mostErrorMasks))
        for power in Self.evenPowers {
            found.append(
                try UniformPolicy(power: power).select(steps: steps, rules: rules, calibration: calibration))
        }
        return found
    }

    /// Those of the error model and the even ones.
    public var mostSelections: Int { Self.mostErrorMasks + Self.evenPowers.count }

    /// The mask of the smallest expected error under each correction and order of forecast, the best first; each mask
    /// once.
    func errorMasks(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> [PolicySelection] {
        let calibration = try needed(calibration)
        let final = calibration.finalEnergy
        var found: [(selection: PolicySelection, energy: Double)] = []
        for model in correction.models(calibration) {
            let mask = try selectReusedSteps(steps: steps, rules: rules) { run in
                model.endEnergy(of: run.steps, spacing: run.spacing)
            }
            let scores = (0..<steps).map { step in
                step == 0 || final == 0
                    ? 0 : (model.endEnergy(of: step..<step + 1, spacing: 2) / final).squareRoot()
            }
            found.append((PolicySelection(mask: mask, scores: scores), model.endEnergy(of: mask)))
        }
        found.sort { $0.energy < $1.energy }
        return found.map(\.selection).reduce(into: []) { kept, next in
            if !kept.contains(where: { $0.mask == next.mask }) { kept.append(next) }
        }
    }
}
