import Evaluation

/// A table such as an evaluation makes: several policies at three costs.
func sampleTable() -> EvaluationTable {
    var entries: [EvaluationEntry] = []
    func add(_ policy: String, _ sampler: String, computed: Double, psnr: Double?, converged: Double?) {
        let suffix = " \(Int(100 - 2 * computed)) %"
        var entry = EvaluationEntry(
            name: policy == "none" ? sampler : policy + suffix, policy: policy, sampler: sampler,
            budget: 1 - computed / 50,
            cost: EvaluationCost(
                computedSteps: computed, equalSteps: computed, blockEvaluations: computed * 24,
                flops: computed * 1.3e9,
                seconds: computed * 0.011, bytesMoved: computed * 98_304))
        func closeness(_ psnr: Double) -> Closeness {
            Closeness(
                psnr: Estimate(mean: psnr, standardError: 0.4),
                psnrTail: Tail(worst: psnr - 9, fifthPercentile: psnr - 5),
                ssimLuma: Estimate(mean: 1 - 1 / psnr, standardError: 0.001),
                ssimLumaTail: Tail(worst: 0.5, fifthPercentile: 0.6),
                ssimRGB: Estimate(mean: 1 - 1.1 / psnr, standardError: 0.001),
                latentError: Estimate(mean: 3 / psnr / psnr, standardError: 0.0002),
                toPlanned: policy == "planned" || computed > 40
                    ? nil : difference("planned\(suffix)", psnr - 46),
                toPlain: computed > 40 ? nil : difference("ddim", psnr - 40))
        }
        entry.toUncached = psnr.map(closeness)
        entry.toConverged = converged.map(closeness)
        if computed < 40 {
            entry.calibrationImages = policy == "uniform" ? 0 : 300 + computed
            if policy == "none" { entry.chosenFor = ["uncached", "converged"] }
        }
        entry.classAccuracy = Estimate(mean: 0.971, standardError: 0.005)
        entry.frechetDistance = converged.map { 20 / $0 }
        entries.append(entry)
    }
    func difference(_ other: String, _ psnr: Double) -> Difference {
        Difference(
            other: other, psnr: Estimate(mean: psnr, standardError: 0.2),
            ssimLuma: Estimate(mean: psnr / 100, standardError: 0.002),
            ssimRGB: Estimate(mean: psnr / 101, standardError: 0.002),
            latentError: Estimate(mean: psnr / 102, standardError: 0.002))
    }
    add("none", "50 × ddim, leading", computed: 50, psnr: nil, converged: 36)
    add("none", "200 × dpmsolver++, trailing", computed: 200, psnr: 36, converged: nil)
    for (computed, loss) in [(30.0, 0.0), (25, 2.5), (20, 6)] {
        let steps = Int(computed)
        let sampler = "50 × ddim, leading"
        add("planned", sampler, computed: computed, psnr: 50 - loss, converged: 35.5 - loss / 4)
        add("uniform", sampler, computed: computed, psnr: 43 - loss, converged: 34 - loss / 2)
        add("fora", sampler, computed: computed, psnr: 38 - 1.4 * loss, converged: 32 - loss)
        add("taylorseer", sampler, computed: computed, psnr: 44 - 2 * loss, converged: 33 - loss)
        add("teacache", sampler, computed: computed, psnr: 39 - loss, converged: 31.5 - loss / 2)
        add("none", "\(steps) × ddim, trailing", computed: computed, psnr: 40 - loss, converged: 33.5 - loss)
        add(
            "none", "\(steps) × dpmsolver++, leading", computed: computed, psnr: 37 - loss / 3,
            converged: 41 - loss)
    }
    return EvaluationTable(
        title: "50 steps, 64 pairs", model: "built-in",
        notes: ["Seeds 1000 to 1063, guidance 2.5."], budgets: [0.5, 0.6],
        entries: entries)
}
