import ArgumentParser
import CachePlanning
import Transport

/// `omnicache evaluate`.
struct EvaluateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Compare policies with each other and with fewer steps, at equal cost.",
        discussion: """
            Draws the same seeds in every way and measures each against the uncached
            run and against the converged path. Before that every policy's settings
            are searched by the same means, on images of calibration. Under mpirun
            images are spread over the ranks, each of which holds the whole model.
            Started again with the same options it goes on where it ended.

            Examples:
              omnicache evaluate --output evaluation/
              omnicache evaluate --policy planned uniform --budget 0.3 0.5 --images 16
              omnicache evaluate --policy omnicache:score=menger uniform:correction=auto
              omnicache evaluate --ablation --images-for-statistics 0 --output ablation/
              omnicache evaluate --policy planned --with-plan learned.json other.json
              mpirun -np 4 omnicache evaluate --model DIR --images-for-statistics 0
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            """
            Policies to compare, as 'omnicache plan --list' names them; default: all. One that chooses steps may be \
            followed by options, as in uniform:correction=auto:max-run=3, and is a row of that name: score \
            (omnicache's: turn, menger, frenet; searched unless given), correction (auto, none, shadow, previous), \
            filter (auto, on, off), max-run (1 to 3), reuse-of (residual, modules).
            """, valueName: "policy[:option=value]"), transform: PolicyVariant.init(argument:))
    var policy: [PolicyVariant] = []

    @Flag(
        help: """
            Compare what the parts of planned are worth, in place of --policy: reuse alone, corrected, filtered; \
            its scores; other policies with and without correction.
            """)
    var ablation = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Plans of any policy to compare beside them, each named after its file.", valueName: "file"))
    var withPlan: [String] = []

    @Option(parsing: .upToNextOption, help: "Shares of the steps to reuse.")
    var budget: [Double] = [0.5, 0.6]

    @Option(help: "Images that are compared with those of the uncached run and of the converged path.")
    var images = 64

    @Option(
        help: ArgumentHelp(
            "Images that the model's classifier judges, where it brings one: the same ones, and more.",
            valueName: "count"))
    var imagesForStatistics = 1000

    @Option(help: "Image k uses seed + k. Calibration's own seeds are never among them.")
    var seed: UInt64 = 0

    @OptionGroup(title: "Sampling") var trajectory: TrajectoryOptions
    @OptionGroup(title: "Model and engine") var model: ModelOptions
    @OptionGroup(visibility: .private) var sharing: PartitionOptions

    @Option(
        help: ArgumentHelp(
            """
            Takes table.csv, table.json, table.md, its short form summary.md, plot.svg, sheet.png, and in state/ what a \
            second start goes on from.
            """,
            valueName: "folder"))
    var output = "evaluation/"

    @Option(
        help: ArgumentHelp("Also write every picture as PNG, in a folder for each way.", valueName: "folder"))
    var imagesDir: String?

    @Option(
        help: ArgumentHelp(
            "Also write an .npz file for each way: arr_0, uint8, [images, H, W, 3], as FID and LPIPS tools read it.",
            valueName: "folder"))
    var npz: String?

    func validate() throws {
        if images < 1 || images > 100_000 {
            throw ValidationError("--images \(images): expected 1 to 100000.")
        }
        if !(0...1_000_000).contains(imagesForStatistics) {
            throw ValidationError("--images-for-statistics \(imagesForStatistics): expected 0 to 1000000.")
        }
        if !policy.isEmpty, ablation {
            throw ValidationError("--ablation says what is compared: leave out --policy.")
        }
        if !policy.isEmpty, policy.allSatisfy({ $0.policy == .none }) {
            throw ValidationError("--policy none is in every table, as uncached: name others.")
        }
        guard !budget.isEmpty, budget.allSatisfy({ $0 > 0 && $0 < 1 }),
            Set(budget.map(SamplingWay.percent)).count == budget.count
        else {
            throw ValidationError(
                "--budget \(budget.map { "\($0)" }.joined(separator: " ")): expected different shares between 0 "
                    + "and 1.")
        }
        if sharing.partition != nil {
            throw ValidationError(
                "--partition shares one image's blocks, but evaluate gives every rank whole images: leave it "
                    + "out.")
        }
    }

    func run() throws {
        RankSession.run { session in
            try EvaluationRun(options: self, session: session).perform()
        }
    }
}
