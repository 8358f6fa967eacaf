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
    /// The corrections to choose from.
    public var correction: CorrectionChoice

    /// `planned`.
    public var name: PolicyName { .planned }

    static let description = PolicyDescription(
        "reuse where it changes the final latent least, seen over the whole trajectory", options: [.budget],
        needsCalibration: true, usualReuse: .modules,
        .steps { _, correction in ErrorPolicy(correction: correction) })

    /// The policy for reuse with the given correction.
    public init(correction: CorrectionChoice = .measuredBest) { self.correction = correction }

    /// The mask of the smallest expected error; it needs calibration.
    public func select(
        steps: Int, rules: SelectionRules, calibration: CalibrationSummary?
    ) throws(PlanError) -> PolicySelection {
        guard let best = try selections(steps: steps, rules: rules, calibration: calibration).first else {
            preconditionFailure("ErrorPolicy: no correction to choose from")
        }
        return best
    }

    /// The mask of the smallest expected error under each correction and order of forecast, the best first; each mask
    /// once.
    func selections(
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
