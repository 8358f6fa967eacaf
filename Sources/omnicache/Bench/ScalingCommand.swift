import ArgumentParser

/// `omnicache bench scaling`.
struct ScalingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaling",
        abstract: "Measure runs on 1, 2, 4 … ranks of one mpirun, and say what limits them.",
        discussion: """
            The first 1, 2, 4 … ranks of the run form groups, which draw by turns: the
            same images (strong scaling) and images in proportion (weak), without reuse
            and with as much as --preset fast. Beside each measured time stands the one
            that follows from the costs of blocks and links. Rank 0 holds the whole
            model, as a group of its own.

            Examples:
              mpirun -np 2 omnicache bench scaling
              mpirun -np 4 omnicache bench scaling --threads 1 --output scaling/
              mpirun -np 8 --hostfile hosts omnicache bench scaling --shape DiT-XL/2
            """)

    @OptionGroup(title: "Model and engine") var options: BenchOptions
    @OptionGroup var length: BenchRunOptions

    @Option(help: "Rounds, in each of which every kind of run is measured once; the median is shown.")
    var repeats = 3

    @Option(help: ArgumentHelp("Takes scaling.json and scaling.svg.", valueName: "folder"))
    var output: String?

    func validate() throws {
        if !(1...1000).contains(repeats) {
            throw ValidationError("--repeats \(repeats): expected 1 to 1000.")
        }
    }

    func run() throws {
        RankSession.run { session in try ScalingRun(options: self, session: session).perform() }
    }
}
