import Schedulers
import Testing

/// What holds for every scheduler, and what none accepts.
@Suite(.serialized) struct SchedulerTests {
    static let kinds = SchedulerConfiguration.Kind.allCases

    @Test("every scheduler conforms, at any number of steps", arguments: kinds, [1, 2, 3, 14, 15, 61, 1000])
    func conformance(kind: SchedulerConfiguration.Kind, steps: Int) throws {
        for spacing in [SchedulerConfiguration.Spacing.leading, .trailing, .linspace] {
            var configuration = SchedulerConfiguration(kind)
            configuration.spacing = spacing
            let scheduler = try makeScheduler(configuration, steps: steps)
            checkConformance(scheduler, steps: steps, "\(kind.rawValue) \(spacing.rawValue) \(steps)")
        }
    }

    @Test("the options conform as well", arguments: [1, 2, 7, 10])
    func options(steps: Int) throws {
        var configurations: [SchedulerConfiguration] = []
        for variance in [SchedulerConfiguration.Variance.fixedLarge, .learnedRange] {
            var ddpm = SchedulerConfiguration(.ddpm)
            ddpm.variance = variance
            configurations.append(ddpm)
        }
        for eta in [0.3, 1] {
            var ddim = SchedulerConfiguration(.ddim)
            ddim.eta = eta
            configurations.append(ddim)
        }
        var solver = SchedulerConfiguration(.dpmSolverPlusPlus)
        solver.finalSigmaIsZero = false
        configurations.append(solver)
        for prediction in [SchedulerConfiguration.PredictionType.epsilon, .velocity, .sample] {
            for var configuration in configurations {
                configuration.prediction = prediction
                configuration.trainTimesteps = 10
                configuration.betaEnd = 0.3
                checkConformance(
                    try makeScheduler(configuration, steps: steps), steps: steps, "\(configuration)")
            }
        }
    }

    @Test("a timestep that comes again is a step of its own")
    func repeatedTimesteps() throws {
        var configuration = SchedulerConfiguration(.dpmSolverPlusPlus)
        configuration.spacing = .leading
        configuration.finalSigmaIsZero = false
        let scheduler = try makeScheduler(configuration, steps: 1000)
        #expect(scheduler.timesteps == [Double](repeating: 0, count: 1000))
        checkConformance(scheduler, steps: 1000, "all at timestep 0")
    }

    @Test("DDPM draws noise above timestep 0, DDIM with η above 0, DPM-Solver++ never")
    func noise() throws {
        func draws(_ configuration: SchedulerConfiguration) throws -> [Bool] {
            let scheduler = try makeScheduler(configuration, steps: 3)
            return (0..<3).map { scheduler.noiseDraws(atStep: $0) > 0 }
        }
        var ddpm = SchedulerConfiguration(.ddpm)
        #expect(try draws(ddpm) == [true, true, false])
        ddpm.stepsOffset = 1
        #expect(try draws(ddpm) == [true, true, true])
        var ddim = SchedulerConfiguration(.ddim)
        #expect(try draws(ddim) == [false, false, false])
        ddim.eta = 0.1
        #expect(try draws(ddim) == [true, true, true])
        #expect(try draws(SchedulerConfiguration(.dpmSolverPlusPlus)) == [false, false, false])
    }

    @Test("only learned_range reads the variance channels")
    func variance() throws {
        var configuration = SchedulerConfiguration(.ddpm)
        #expect(try !makeScheduler(configuration, steps: 2).readsVariance)
        configuration.variance = .learnedRange
        #expect(try makeScheduler(configuration, steps: 2).readsVariance)
        #expect(try !makeScheduler(configuration.converted(to: .ddim), steps: 2).readsVariance)
    }

    /// A change to the configuration and a part of the message that refuses it.
    struct Mistake: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var kind = SchedulerConfiguration.Kind.ddim
        var steps = 10
        var change: @Sendable (inout SchedulerConfiguration) -> Void = { _ in }
    }

    static let mistakes: [Mistake] = [
        Mistake(testDescription: "steps: expected at least 1, found 0", steps: 0),
        Mistake(testDescription: "steps: expected at least 1, found -3", kind: .ddpm, steps: -3),
        Mistake(testDescription: "steps: expected at most 1000", kind: .dpmSolverPlusPlus, steps: 1001),
        Mistake(testDescription: "num_train_timesteps: expected 1 … 1000000, found 0") {
            $0.trainTimesteps = 0
        },
        Mistake(testDescription: "num_train_timesteps: expected 1 … 1000000") { $0.trainTimesteps = .max },
        Mistake(testDescription: "trained_betas: expected 1000 numbers") { $0.trainedBetas = [0.1] },
        Mistake(testDescription: "beta of timestep 0: expected a number between 0 and 1") {
            $0.betaStart = 0
        },
        Mistake(testDescription: "beta of timestep 0: expected a number between 0 and 1") {
            $0.betaStart = -1
            $0.betaSchedule = .scaledLinear
        },
        Mistake(testDescription: "expected a number between 0 and 1, found nan") { $0.betaEnd = .nan },
        Mistake(testDescription: "beta_end: ᾱ reaches 0") { $0.betaEnd = 0.999 },
        Mistake(testDescription: "steps_offset: expected 0 … 999, found -1") { $0.stepsOffset = -1 },
        Mistake(testDescription: "expected timesteps in 0 … 999, found 1000") { $0.stepsOffset = 100 },
        Mistake(testDescription: "eta: expected 0 … 1, found -0.5") { $0.eta = -0.5 },
        Mistake(testDescription: "eta: expected 0 … 1, found 2.0") { $0.eta = 2 },
        Mistake(testDescription: "clip_sample_range: expected at least 0") { $0.clipRange = -1 },
        Mistake(testDescription: "solver_order: expected 1, 2 or 3, found 4", kind: .dpmSolverPlusPlus) {
            $0.solverOrder = 4
        },
        Mistake(testDescription: "prediction_type: expected flow_prediction") { $0.prediction = .flow },
        Mistake(testDescription: "prediction_type: expected flow_prediction", kind: .flowMatchEuler) {
            $0.prediction = .epsilon
        },
        Mistake(testDescription: "prediction_type: expected v_prediction or sample") {
            $0.endsAtNoise = true
            $0.spacing = .trailing
        },
        Mistake(testDescription: "rescale_betas_zero_snr: expected 2 timesteps", steps: 1) {
            $0.endsAtNoise = true
            $0.trainTimesteps = 1
        },
        Mistake(testDescription: "predict_x0: expected true, found false", kind: .uniPC) {
            $0.uniPC = UniPCSettings()
            $0.uniPC?.predictsOriginal = false
        },
        Mistake(testDescription: "solver_type: expected bh2, found bh1", kind: .uniPC) {
            $0.uniPC = UniPCSettings()
            $0.uniPC?.rule = .bh1
        },
        Mistake(testDescription: "lower_order_final: expected true", kind: .uniPC) {
            $0.lowerOrderFinal = false
        },
        Mistake(testDescription: "invert_sigmas: expected false", kind: .uniPC) {
            $0.flow = FlowSchedule()
            $0.flow?.isInverted = true
        },
        Mistake(testDescription: "use_beta_sigmas with use_flow_sigmas", kind: .dpmSolverPlusPlus) {
            $0.flow = FlowSchedule()
            $0.sigmaSpacing = SigmaSpacing(.beta)
        },
        Mistake(testDescription: "use_dynamic_shifting: expected the number of tokens", kind: .flowMatchEuler)
        {
            $0.flow?.dynamicShift = FlowSchedule.DynamicShift()
        },
        Mistake(testDescription: "max_image_seq_len: expected more than", kind: .flowMatchEuler) {
            $0.flow?.dynamicShift = FlowSchedule.DynamicShift()
            $0.flow?.dynamicShift?.length = 5
            $0.flow?.dynamicShift?.maxLength = 256
        },
        Mistake(testDescription: "shift: expected a number above 0", kind: .flowMatchEuler) {
            $0.flow?.shift = 0
        },
        Mistake(testDescription: "shift: expected a number above 0", kind: .flowMatchEuler) {
            $0.flow?.dynamicShift = FlowSchedule.DynamicShift()
            $0.flow?.dynamicShift?.length = .max
        },
        Mistake(testDescription: "shift_terminal: expected a number between", kind: .flowMatchEuler) {
            $0.flow?.terminal = 1
        },
        Mistake(testDescription: "shift_terminal: expected 2 steps or more", kind: .flowMatchEuler, steps: 1)
        {
            $0.flow?.terminal = 0.1
        },
        Mistake(testDescription: "expected sigma_max at least sigma_min", kind: .euler) {
            $0.sigmaSpacing = SigmaSpacing(.karras, lowest: 3, highest: 2)
        },
        Mistake(testDescription: "noise levels: expected shares", kind: .flowMatchEuler) {
            $0.sigmaSpacing = SigmaSpacing(.karras, highest: 80)
        },
    ]

    @Test("a schedule that cannot be is refused by name", arguments: mistakes)
    func refusals(_ mistake: Mistake) {
        var configuration = SchedulerConfiguration(mistake.kind)
        mistake.change(&configuration)
        let error = #expect(throws: SchedulerError.self) {
            try makeScheduler(configuration, steps: mistake.steps)
        }
        let message = error?.description ?? ""
        #expect(message.contains(mistake.testDescription), "\(message)")
    }
}
