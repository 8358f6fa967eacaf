extension CachePlan {
    /// The plan itself, if its parts fit together.
    /// - Throws: `PlanError` (malformed) naming the field, what was expected and what was found.
    func checked() throws(PlanError) -> CachePlan {
        try expect(
            "steps", "1 … \(Self.mostSteps)", subject.steps, (1...Self.mostSteps).contains(subject.steps))
        try expect("guidance", "a finite number", subject.guidance, subject.guidance.isFinite)
        for (name, text) in [("scheduler", subject.scheduler), ("modelHash", subject.modelHash)] {
            try expect(name, "at most 256 bytes", "\(text.utf8.count) bytes", text.utf8.count <= 256)
        }
        try expect("mask", "\(steps) steps", "\(mask.steps)", mask.steps == steps)
        try check("scores", scores)
        try check("gamma", correction.gamma)
        try check("expectedError", expectedError)
        for (name, number) in [("predictedError", predictedError), ("predictedSpread", predictedSpread)] {
            try expect(name, "a finite number of 0 or more", number, number >= 0 && number.isFinite)
        }
        try expect("outputScale", "0.1 … 10", outputScale, (0.1...10).contains(outputScale))
        try expect(
            "calibration.trajectories", "0 or more", calibration.trajectories, calibration.trajectories >= 0)
        try checkFilter(correction.filter)
        let orders = 0...ResidualForecast.highestOrder
        try expect(
            "forecastOrder", "\(orders)", correction.forecastOrder, orders.contains(correction.forecastOrder))
        for step in 0..<steps where correction.gamma[step] != 0 {
            let gamma = correction.gamma[step]
            try expect("gamma[\(step)]", "-100 … 100", gamma, (-100...100).contains(gamma))
            let source = mask.lastComputed(before: step)
            let measured = source.map { mask.spacing(of: $0) != nil } ?? false
            try expect(
                "gamma[\(step)]", "0, because no noise is measured for this step", gamma,
                correction.source != .none && !mask.computed[step] && measured)
        }
        try checkReusedPart()
        if let modules { try check(modules) }
        if let dynamic { try check(dynamic) }
        return self
    }

    private func checkReusedPart() throws(PlanError) {
        guard reuseOf == .modules else { return }
        try expect(
            "reuseOf", "residual, since steps are not reused as a whole", reuseOf.rawValue,
            modules == nil && dynamic == nil)
        try expect(
            "forecastOrder", "0, since modules' outputs are reused as they are", correction.forecastOrder,
            correction.forecastOrder == 0)
    }

    private func check(_ modules: ModulePlan) throws(PlanError) {
        try expect("modules", "\(steps) steps", "\(modules.steps)", modules.steps == steps)
        try expect(
            "mask", "the steps at which a module is computed", "others", try modules.stepMask == mask)
        try expect(
            "correction", "none, since modules' outputs are reused", correction.source,
            correction.source == .none)
        try expect(
            "forecastOrder", "0, since modules have their own", correction.forecastOrder,
            correction.forecastOrder == 0)
    }

    private func check(_ rule: DynamicRule) throws(PlanError) {
        try rule.check(steps: steps)
        try expect("modules", "none beside a dynamic rule", "some", modules == nil)
        try expect(
            "mask", "every step computed, since a dynamic rule decides", "others",
            mask == .allComputed(steps: steps))
        try expect(
            "correction", "none under a dynamic rule", correction.source, correction.source == .none)
        try expect(
            "forecastOrder", "0 under a dynamic rule", correction.forecastOrder,
            correction.forecastOrder == 0)
    }

    private func check(_ name: String, _ numbers: [Double]) throws(PlanError) {
        try expect(name, "\(steps) numbers", "\(numbers.count)", numbers.count == steps)
        for (index, number) in numbers.enumerated() {
            try expect("\(name)[\(index)]", "a finite number", number, number.isFinite)
        }
    }

    private func checkFilter(_ filter: FrequencyFilter) throws(PlanError) {
        try expect("filter.cutoff", "0 … 2", filter.cutoff, (0...2).contains(filter.cutoff))
        try expect("filter.rollOff", "0 … 2", filter.rollOff, (0...2).contains(filter.rollOff))
        let steps = 0...Self.mostSteps
        try expect("filter.switchStep", "\(steps)", filter.switchStep, steps.contains(filter.switchStep))
    }

    private func expect<T>(
        _ field: String, _ expected: String, _ found: T, _ sound: Bool
    ) throws(PlanError) {
        guard sound else {
            throw PlanError(.malformed, "plan: \(field): expected \(expected), found \(found)")
        }
    }
}
