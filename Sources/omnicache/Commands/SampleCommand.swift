import ArgumentParser
import Sampling

/// `omnicache sample`, the default.
struct SampleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sample",
        abstract: "Draw images.",
        discussion: """
            Examples:
              omnicache sample --text HELLO --seed 7 --output hello.png
              omnicache sample --model DIR --class 207 360 --count 4 --output out/
              mpirun -np 3 omnicache sample --model DIR --partition 10,10,8 --class 207
              omnicache sample --jobs jobs.jsonl --output out/

            Where there is no plan for the model, scheduler, steps, guidance and reuse yet, sample makes the one that \
            'omnicache plan' makes, once, and says before how long that takes. It compares the plan with plain samplers that cost \
            as much, on calibration's own images: where reuse is behind them, it reuses less, or nothing. A --plan or \
            a --policy that you name is obeyed.
            """)

    @OptionGroup(title: "What to draw") var selection: ImageSelection
    @OptionGroup(title: "Sampling") var trajectory: TrajectoryOptions
    @OptionGroup(title: "Reuse") var reuse: ReuseOptions
    @OptionGroup(title: "Reuse") var calibration: CalibrationOptions
    @OptionGroup(title: "Model and engine") var model: ModelOptions
    @OptionGroup(title: "Model and engine") var sharing: PartitionOptions
    @OptionGroup(title: "Model and engine") var waiting: PatienceOptions

    @Option(help: "A plan that 'omnicache plan' wrote, in place of --policy and --preset.")
    var plan: String?

    @Option(
        help: "x.png for one picture (a grid if there are several images), or a folder/ for one PNG each.")
    var output = "omnicache.png"

    @Option(
        help: ArgumentHelp(
            """
            Draw what each line of this file says, as {"label": "hen", "seed": 7, "steps": 50, "guidance": 4, \
            "output": "birds/hen.png"}; steps and guidance may be left out. Outputs lie in the folder of --output, \
            each written when it is done; the same command again does the rest. Lines of equal steps and guidance \
            go through the pipeline in one stream, one such group after another.
            """, valueName: "file"))
    var jobs: String?

    @OptionGroup(title: "Runs that last") var keeping: KeepingOptions

    @Option(help: "Images in the pipeline at once. Default: what fills it.")
    var inFlight: Int?

    @Option(
        help: ArgumentHelp(
            "Images whose hidden states travel together. Default: auto, what fills the pipeline.",
            valueName: "auto|n"))
    var microBatch = MicroBatchArgument()

    @Option(help: "How hidden states travel between ranks; bf16 halves the bytes and rounds.")
    var wire: WireFormat = .f32

    @Option(help: "Where latents are decoded: by all ranks, or by the head alone.")
    var decode: DecodePlacement = .spread

    @OptionGroup var tiling: TilingOptions

    @Option(help: "Start from these latents: safetensors, tensor \"latents\", [images, C, H, W] f32.")
    var initialLatents: String?

    @Option(help: "Also write the final latents, in the same format.")
    var finalLatents: String?

    @Option(
        help: """
            Write what the run was and what it cost, as JSON: an object, or an array of them where jobs differ in steps or \
            guidance, or images go on from different steps. What an earlier start has done is not in it.
            """)
    var runReport: String?

    @Option(help: "Write every rank's spans as Chrome trace events (open in Perfetto).")
    var trace: String?

    func validate() throws {
        if plan != nil, reuse.isGiven || calibration.quickCalibration {
            throw ValidationError(
                "--plan says what is reused: leave out --policy, its options, --preset, --reuse and "
                    + "--quick-calibration.")
        }
        if jobs != nil {
            if selection.isGiven {
                throw ValidationError(
                    "--jobs says what to draw: leave out --class, --text, --count and --seed.")
            }
            if initialLatents != nil || finalLatents != nil {
                throw ValidationError("--initial-latents and --final-latents do not go with --jobs.")
            }
        }
        if let inFlight, inFlight < 1 {
            throw ValidationError("--in-flight \(inFlight): expected 1 or more.")
        }
    }

    func run() throws {
        RankSession.run(patience: waiting.patience) { session in
            try SampleRun(options: self, session: session).perform()
        }
    }
}
