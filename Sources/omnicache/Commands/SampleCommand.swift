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
            """)

    @OptionGroup(title: "What to draw") var selection: ImageSelection
    @OptionGroup(title: "Sampling") var trajectory: TrajectoryOptions
    @OptionGroup(title: "Reuse") var reuse: ReuseOptions
    @OptionGroup(title: "Model and engine") var model: ModelOptions
    @OptionGroup(title: "Model and engine") var sharing: PartitionOptions
    @OptionGroup(title: "Model and engine") var waiting: PatienceOptions

    @Option(help: "A plan that 'omnicache plan' wrote, in place of --policy and --preset.")
    var plan: String?

    @Option(
        help: "x.png for one picture (a grid if there are several images), or a folder/ for one PNG each.")
    var output = "omnicache.png"

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

    @Option(help: "Start from these latents: safetensors, tensor \"latents\", [images, C, H, W] f32.")
    var initialLatents: String?

    @Option(help: "Also write the final latents, in the same format.")
    var finalLatents: String?

    @Option(help: "Write what the run was and what it cost, as JSON.")
    var runReport: String?

    @Option(help: "Write every rank's spans as Chrome trace events (open in Perfetto).")
    var trace: String?

    func validate() throws {
        if plan != nil, reuse.isGiven {
            throw ValidationError(
                "--plan says what is reused: leave out --policy, its options, --preset and --reuse.")
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
