import ArgumentParser
import CachePlanning
import Engines
import Models
import Schedulers
import Transport

/// Which model, and what computes it.
struct ModelOptions: ParsableArguments {
    @Option(
        help:
            "A diffusers folder (model_index.json, transformer/, vae/, scheduler/). Default: the built-in model."
    )
    var model: String?

    @Option(help: "What multiplies; auto is the faster one that the CPU supports.")
    var engine: EngineChoice = .auto

    @Option(help: "Number format of products; bf16 needs onednn.")
    var precision: Precision = .f32

    @Option(
        help: "Threads of each rank. Default: the cores that it may use, shared with the ranks on its host.")
    var threads: Int?

    @Option(
        help: """
            Where the other ranks' weights come from: own folders, or rank 0, which sends each rank its share; auto \
            asks rank 0 where there is no folder.
            """)
    var weights: WeightsArgument = .auto

    @Option(
        help: ArgumentHelp(
            "Where a rank keeps the weights that rank 0 gave it, so that its next start needs none.",
            valueName: "folder"))
    var weightsCache: String?

    func validate() throws {
        if weightsCache != nil, weights == .local {
            throw ValidationError("--weights-cache keeps what rank 0 gives: leave out --weights local.")
        }
        if let threads, threads < 1 || threads > 1024 {
            throw ValidationError("--threads \(threads): expected 1 to 1024.")
        }
    }
}

/// How the blocks of a model are shared by ranks.
struct PartitionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Blocks on each rank, as in 8,12,8; auto measures a block on each host and gives faster ones more. Default: equal shares.",
            valueName: "8,12,8|auto"))
    var partition: PartitionArgument?
}

/// How latents are decoded.
struct TilingOptions: ParsableArguments {
    @Option(
        help: """
            Whether large latents are decoded in overlapping tiles, so that memory does not grow with the picture: auto \
            does it above 64 × 64 (512 × 512 pixels) as diffusers' tiled_decode, off is exact.
            """)
    var vaeTiling: TilingArgument = .auto

    /// The decoder's tiles; nil for none.
    var tiles: DecoderTiles? { vaeTiling == .auto ? .standard : nil }
}

/// How long ranks wait for each other.
struct PatienceOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            """
            End the run if a rank waits so long for another between two steps, and no rank gives a sign of work \
            meanwhile. Default: 60. Loading, planning and writing have ten minutes, or ten times this.
            """, valueName: "seconds"))
    var timeout: Int?

    /// How long the run may stand still.
    var patience: Patience { Patience(asked: timeout.map { .seconds($0) }) }

    func validate() throws {
        if let timeout, !(1...86400).contains(timeout) {
            throw ValidationError("--timeout \(timeout): expected 1 to 86400 seconds.")
        }
    }
}

/// How a trajectory is walked.
struct TrajectoryOptions: ParsableArguments {
    @Option(help: "Steps of the sampler. Default: 50, or the built-in model's or plan's.")
    var steps: Int?

    @Option(
        help: """
            Guidance scale, as the model's own pipeline means it. Default: that pipeline's, or the built-in \
            model's.
            """)
    var guidance: Double?

    @Option(help: "Default: the model folder's.")
    var scheduler: SchedulerConfiguration.Kind?

    @Option(help: "DDIM's η: 0 is deterministic, 1 as noisy as DDPM.")
    var eta: Double?

    func validate() throws {
        if let steps, !(1...CachePlan.mostSteps).contains(steps) {
            throw ValidationError("--steps \(steps): expected 1 to \(CachePlan.mostSteps).")
        }
        if let guidance, !(0...1000).contains(guidance) {
            throw ValidationError("--guidance \(guidance): expected a number from 0 to 1000.")
        }
        if let eta, !(0...1).contains(eta) { throw ValidationError("--eta \(eta): expected 0 to 1.") }
    }
}

/// How much is reused, and who chooses.
struct ReuseOptions: ParsableArguments {
    @Option(help: "Who chooses the steps to reuse. Default: planned.")
    var policy: PolicyName?

    @Option(help: "slow reuses half of the steps, fast 60 %. Default: slow, or less in a run of few steps.")
    var preset: SelectionRules.Preset?

    @Option(
        help: """
            Share of the steps to reuse, in place of a preset: less than 2/3, with --max-run 1 less than 1/2, with 3 \
            less than 3/4.
            """)
    var reuse: Double?

    @Option(
        help: ArgumentHelp(
            "What omnicache measures the path's curvature by. Default: turn, the angle it turns by.",
            valueName: "turn|menger|frenet"))
    var score: CurvatureMeasure?

    @Option(
        help: ArgumentHelp(
            """
            What a reused step takes: the residual of all blocks, or the outputs of each block's modules under the \
            gates of now. Default: modules with planned and omnicache, else residual.
            """, valueName: "residual|modules"))
    var reuseOf: ReusedPart?

    @Option(
        help: """
            How reused predictions are corrected: auto is what leaves the least error in calibration. Default: auto \
            with planned and omnicache, else none.
            """)
    var correction: CorrectionArgument?

    @Option(help: "Whether a correction takes off its low frequencies early and its high ones late.")
    var filter: FilterArgument = .auto

    @Option(help: "Reused steps in a row at most, 1 to 3. Default: 2.")
    var maxRun: Int?

    @Option(
        help: ArgumentHelp(
            "Shares of the reused steps in the run's early, middle and late third, kept as nearly as possible.",
            valueName: "early,middle,late"))
    var quota: QuotaArgument?

    @Option(help: "From a computed step to the next (fora, goc, taylorseer, deltadit).")
    var interval: Int?

    @Option(help: "The highest derivative that forecasts use, 0 to 4 (taylorseer).")
    var order: Int?

    @Option(help: "How far outputs are moved on along their last change (goc's η).")
    var gradient: Double?

    @Option(
        help: "The largest change that is let pass (smoothcache; teacache, fbcache, easycache for a budget)."
    )
    var threshold: Double?

    /// What policies that choose modules are told.
    var modules: ModuleOptions {
        ModuleOptions(interval: interval, order: order, gradient: gradient, threshold: threshold)
    }

    /// Whether it is said how much to reuse.
    var saysHowMuch: Bool { preset != nil || reuse != nil || maxRun != nil || quota != nil }

    /// Whether anything is said.
    var isGiven: Bool {
        policy != nil || saysHowMuch || score != nil || reuseOf != nil || corrections != CorrectionSettings()
            || modules != ModuleOptions()
    }

    /// What is said of the correction.
    var corrections: CorrectionSettings { CorrectionSettings(correction: correction, filter: filter) }

    func validate() throws {
        if let reuse, !(0...1).contains(reuse) { throw ValidationError("--reuse \(reuse): expected 0 to 1.") }
        if let maxRun, !(1...3).contains(maxRun) {
            throw ValidationError("--max-run \(maxRun): expected 1 to 3.")
        }
        if let quota, quota.shares == nil {
            throw ValidationError(
                "--quota \(quota.argument): expected three shares from 0 to 1, not all 0, as in 0.4,0.4,0.2.")
        }
        if let score, policy?.description.options.contains(.score) != true {
            throw ValidationError(
                "--score \(score.rawValue): only --policy omnicache chooses by curvature, \((policy ?? .planned).rawValue) does not."
            )
        }
        if reuse != nil, preset != nil {
            throw ValidationError("--reuse and --preset both say how much to reuse: give one of them.")
        }
    }
}
