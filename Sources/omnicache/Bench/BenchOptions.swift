import ArgumentParser
import Benchmarks
import Sampling
import Transport

extension ModelShape: ExpressibleByArgument {
    /// A shape by its name.
    public init?(argument: String) { self.init(argument) }

    /// What there is, for the help and for refusals.
    public static var allValueStrings: [String] { names }
}

/// Which model is measured.
struct BenchModelOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A network of random weights of this shape, in place of --model; with -512 or -1024 behind it for so many pixels on a side.",
            valueName: "name"))
    var shape: ModelShape?

    func validate(with model: String?) throws {
        if shape != nil, model != nil {
            throw ValidationError("--shape and --model both say what to measure: give one of them.")
        }
    }
}

/// Which model is measured, and what computes it.
struct BenchOptions: ParsableArguments {
    @OptionGroup var subject: BenchModelOptions
    @OptionGroup var model: ModelOptions

    func validate() throws { try subject.validate(with: model.model) }

    /// Opens the model on all ranks.
    /// - Throws: `RanksFailed`, alike on all ranks.
    func open(_ session: RankSession, pipelineRanks: Int? = nil) throws -> OpenedModel {
        try OpenedModel(
            model, source: subject.shape.map { ModelSource(RandomModel($0)) }, session.communicator,
            pipelineRanks: pipelineRanks)
    }
}

/// How long a run is measured.
struct BenchRunOptions: ParsableArguments {
    @Option(help: "Images of a run.")
    var images = 4

    @Option(help: "Steps of a run.")
    var steps = 20

    @Option(help: "How hidden states travel between ranks.")
    var wire: WireFormat = .f32

    func validate() throws {
        if !(1...10_000).contains(images) {
            throw ValidationError("--images \(images): expected 1 to 10000.")
        }
        if !(1...1000).contains(steps) { throw ValidationError("--steps \(steps): expected 1 to 1000.") }
    }
}
