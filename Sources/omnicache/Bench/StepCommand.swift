import ArgumentParser
import Benchmarks
import Checkpoints
import Engines
import Models
import RunReport
import Tables
import Transport

/// `omnicache bench step`.
struct StepCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "step",
        abstract: "Measure one guided computed step and one reused step of one image.",
        discussion: """
            Beside the seconds stand the operations per second and their share of the
            matrix rate, which is measured between the runs as by 'bench gemm'. Under
            mpirun the ranks share the blocks, and the matrix rate is that of all.

            Examples:
              omnicache bench step
              omnicache bench step --shape DiT-XL/2 --precision bf16 --threads 2
              mpirun -np 2 omnicache bench step --shape DiT-XL/2
            """)

    @OptionGroup(title: "Model and engine") var options: BenchOptions

    @Option(help: "Runs of which the median is shown.")
    var repeats = 5

    /// Steps of a measured run, two of which are reused: with one image they follow each other on all ranks.
    private static let steps = 5

    func validate() throws {
        if !(1...1000).contains(repeats) {
            throw ValidationError("--repeats \(repeats): expected 1 to 1000.")
        }
    }

    func run() throws {
        RankSession.run { session in try perform(session) }
    }

    private func perform(_ session: RankSession) throws {
        let world = session.communicator
        let model = try options.open(session)
        let engines = try RankModel.engines(options.model, session)
        let decoder = try BenchGroup.decoder(model, engines, decodes: world.rank == 0, world)
        let group = try BenchGroup(of: world.size, model, engines, decoder: decoder, world: world)
        let transformer = model.folder.denoiser
        let precision = options.model.precision
        let products = try ResidentProducts(
            MatrixProduct.all(of: transformer, images: 2), precisions: [precision],
            threads: engines.blocks.description.threads, session)
        let run = try group.run(images: 1, steps: Self.steps, reusing: true)
        let progress = ProgressDisplay("measuring", isSilent: !session.isFirst)
        let work = Work.step(transformer, branches: 2)
        var measured: [RunMeasurement] = []
        // What else the machine does changes by the second: each run is held against the rate of its own moment.
        var (rates, shares): ([Double], [Double]) = ([], [])
        _ = try group.measure(run)
        for index in 0..<repeats {
            let rate = try products.measure(for: 0.1, world)
                .compactMap { $0.matrixRate(precision) }.reduce(0, +)
            if let measurement = try group.measure(run) {
                measured.append(measurement)
                rates.append(rate)
                shares.append(work / measurement.computedSeconds / rate)
            }
            progress.show(index + 1, of: repeats)
        }
        guard session.isFirst else { return }
        let step = Spread(measured.map(\.computedSeconds))
        let reuse = Spread(measured.compactMap(\.reuseSeconds))
        var table = TextTable(["step", "seconds", "±", "GFLOP", "GFLOP/s", "of the matrix rate"])
        table.add([
            "computed", fixedPoint(step.median, digits: 4), "\(fixedPoint(100 * step.relative, digits: 0)) %",
            fixedPoint(work / 1e9, digits: 1), fixedPoint(work / step.median / 1e9, digits: 1),
            "\(fixedPoint(100 * Spread(shares).median, digits: 1)) %",
        ])
        table.add([
            "reused", fixedPoint(reuse.median, digits: 5), "\(fixedPoint(100 * reuse.relative, digits: 0)) %",
            "–", "–", "–",
        ])
        let engine = engines.blocks.description
        print(
            """
            \(model.folder.name), one guided step of one image on \(counted(world.size, "rank")) of \
            \(counted(engine.threads, "thread"))
            \(engine.name) \(precision.rawValue): \(engine.kernels)
            matrix rate \(fixedPoint(Spread(rates).median / 1e9, digits: 1)) GFLOP/s

            \(table.text)
            """)
    }
}
