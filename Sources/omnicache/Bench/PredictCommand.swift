import ArgumentParser
import Benchmarks
import CachePlanning
import Checkpoints
import Engines
import Models
import Sampling
import Tables
import Transport

/// `omnicache bench predict`.
struct PredictCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predict runs on many ranks from what one rank measures and a link that you describe.",
        discussion: """
            One rank measures its blocks, the steps around them and the decoder. The rest
            is arithmetic: the schedule is walked with these costs, on ranks that are all
            like this one. 'bench scaling' shows how far off that is.

            Examples:
              omnicache bench predict --ranks 1..8 --link 1gbit --latency 100us
              omnicache bench predict --shape DiT-XL/2 --ranks 1..64 --link 1gbit
              omnicache bench predict --ranks 1,3,6 --images 16 --output predicted/
            """)

    @OptionGroup(title: "Model and engine") var options: BenchOptions
    @OptionGroup var length: BenchRunOptions

    @Option(
        help: ArgumentHelp("How many: the doublings of a range, or a list.", valueName: "1..64|1,2,4"))
    var ranks = RankCounts([1, 2, 4, 8])

    @Option(help: ArgumentHelp("Bandwidth between ranks, in bit/s.", valueName: "10gbit"))
    var link = Bandwidth(bitsPerSecond: 1e10)

    @Option(help: ArgumentHelp("Latency between ranks.", valueName: "20us"))
    var latency = Latency(seconds: 2e-5)

    @Option(help: ArgumentHelp("Takes scaling.json and scaling.svg.", valueName: "folder"))
    var output: String?

    func run() throws {
        RankSession.run { session in try perform(session) }
    }

    private func perform(_ session: RankSession) throws {
        let world = session.communicator
        let output: BenchOutput? = try world.agreeOnErrors {
            session.isFirst ? try self.output.map { try BenchOutput($0, session) } : nil
        }
        let model = try options.open(session, pipelineRanks: 1)
        let engines = try RankModel.engines(options.model, session)
        let decoder = try BenchGroup.decoder(model, engines, decodes: session.isFirst, world)
        let group = try BenchGroup(of: 1, model, engines, decoder: decoder, world: world)
        let runs = try [false, true].map { try group.run(images: 1, steps: 8, reusing: $0) }
        for run in runs { _ = try group.measure(run) }
        let measured = try runs.compactMap { try group.measure($0) }
        let sizes = try [runs[0], group.run(images: 4, steps: 8, reusing: false)]
        let blocks = try sizes.map { try group.blockSeconds($0) }
        try world.barrier()
        guard session.isFirst else { return }
        var costs = RunCosts(ofOneRank: measured)
        let rows = sizes.map { $0.schedule.rows(of: $0.schedule[0]) }
        costs.setBlockSeconds(small: (rows[0], blocks[0][0]), large: (rows[1], blocks[1][0]))
        let scaling = ScalingModel(
            costs: costs,
            links: LinkTable(
                LinkCosts(latencySeconds: latency.seconds, bytesPerSecond: link.bitsPerSecond / 8)),
            denoiser: model.folder.denoiser, autoencoder: model.folder.autoencoder)
        let report = try report(scaling, model, engines.blocks.description, costs)
        print(report.text(), terminator: "")
        try output?.write(report)
    }

    private func report(
        _ scaling: ScalingModel, _ model: OpenedModel, _ engine: EngineDescription, _ costs: RunCosts
    ) throws -> ScalingReport {
        let counts = ranks.upTo(model.folder.denoiser.blocks)
        var rows: [ScalingReport.Row] = []
        var verdicts: [String] = []
        for reusing in [false, true] {
            for count in counts {
                let run = try benchRun(
                    model, Partition(balanced: model.folder.denoiser.blocks, over: count),
                    images: length.images, steps: length.steps, reusing: reusing, wire: length.wire)
                rows.append(
                    ScalingReport.Row(
                        mode: .strong, computedSteps: run.plan.mask.computedSteps.count, steps: run.steps,
                        ranks: count, images: length.images, measured: nil,
                        predicted: ScalingReport.Predicted(scaling.prediction(of: run))))
                guard count == counts.last else { continue }
                let larger = try benchRun(model, like: run, ranks: count + 1)
                verdicts.append(
                    "\(reusing ? "with" : "without") reuse, \(scaling.verdict(on: run, larger: larger))")
            }
        }
        return ScalingReport(
            title: "\(model.folder.name), predicted",
            notes: [
                "\(engine.name) \(engine.precision.rawValue), \(counted(engine.threads, "thread")) of each rank; "
                    + "kernels: \(engine.kernels)",
                "block \(fixedPoint(costs.blockSeconds[0] * 1e3, digits: 3)) ms for an image and branch and "
                    + "\(fixedPoint(costs.microBatchSeconds * 1e3, digits: 3)) ms for a micro-batch, gather stage "
                    + "\(fixedPoint(costs.gatherSeconds * 1e3, digits: 3)) ms, reused step \(fixedPoint(costs.reuseSeconds * 1e3, digits: 3)) ms, "
                    + "picture \(fixedPoint(costs.decodeSeconds * 1e3, digits: 1)) ms",
                "link \(fixedPoint(link.bitsPerSecond / 8e6, digits: 0)) MB/s, \(fixedPoint(latency.seconds * 1e6, digits: 1)) µs",
            ]
                + (ranks.largest > model.folder.denoiser.blocks
                    ? ["\(model.folder.denoiser.blocks) blocks serve no more than as many ranks"] : []),
            rows: rows, verdicts: verdicts)
    }
}
