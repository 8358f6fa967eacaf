extension SchedulerConfiguration {
    /// Stops what no schedule has, before anything is made for it.
    func check(steps: Int) throws(SchedulerError) {
        guard (1...1_000_000).contains(trainTimesteps) else {
            throw SchedulerError("num_train_timesteps: expected 1 … 1000000, found \(trainTimesteps)")
        }
        guard steps >= 1 else {
            throw SchedulerError("steps: expected at least 1, found \(steps)")
        }
        guard steps <= trainTimesteps else {
            throw SchedulerError(
                "steps: expected at most \(trainTimesteps), the timesteps that the model was trained on, "
                    + "found \(steps)")
        }
        guard clipRange >= 0 else {
            throw SchedulerError("clip_sample_range: expected at least 0, found \(clipRange)")
        }
        guard (flow != nil) == (prediction == .flow) || (flow != nil && kind.solvesInSigma) else {
            throw SchedulerError(
                "prediction_type: expected flow_prediction where σ is that of a flow, and nowhere else, found "
                    + "\(prediction.rawValue); use the scheduler that the model was trained for")
        }
        if let flow, flow.isInverted || flow.isStochastic, kind != .flowMatchEuler {
            throw SchedulerError(
                "\(flow.isInverted ? "invert_sigmas" : "stochastic_sampling"): expected false with scheduler "
                    + "\(kind.rawValue), found true; use scheduler \(Kind.flowMatchEuler.rawValue)")
        }
        guard flow == nil || kind.followsFlow else {
            let kinds = Kind.allCases.filter(\.followsFlow).map(\.rawValue).joined(separator: ", ")
            throw SchedulerError(
                "scheduler: expected one that can go the way of a flow (\(kinds)), found \(kind.rawValue)")
        }
    }

    /// Order of a solver of steps that look back.
    var checkedSolverOrder: Int {
        get throws(SchedulerError) {
            guard (1...3).contains(solverOrder) else {
                throw SchedulerError("solver_order: expected 1, 2 or 3, found \(solverOrder)")
            }
            return solverOrder
        }
    }

    var interpolatesLogarithms: Bool { interpolation == .logLinear }

    /// Whether timesteps of respaced σ are the nearest whole ones, or else cut off: as diffusers has it.
    var roundsTimesteps: Bool {
        sigmaSpacing?.rule == .karras && !(kind == .dpmSolverPlusPlus && betaSchedule == .squaredCosine)
    }
}
