import Benchmarks
import CachePlanning
import Checkpoints
import Engines
import Models
import Sampling
import Tables
import Transport

/// `omnicache bench scaling` on this rank.
struct ScalingRun {
    /// One kind of run, and what the rounds have measured of it on rank 0.
    private struct Variant {
        let mode: ScalingReport.Mode
        let group: BenchGroup
        let run: RunDescription
        var measurements: [RunMeasurement] = []
        var blockSeconds: [[Double]] = []
    }

    let options: ScalingCommand
    let session: RankSession
    private var world: any Communicator { session.communicator }

    init(options: ScalingCommand, session: RankSession) {
        self.options = options
        self.session = session
    }

    func perform() throws {
        let output: BenchOutput? = try world.agreeOnErrors {
            session.isFirst ? try options.output.map { try BenchOutput($0, session) } : nil
        }
        let model = try options.options.open(session)
        let engines = try RankModel.engines(options.options.model, session)
        let decoder = try BenchGroup.decoder(model, engines, decodes: true, world)
        var groups: [BenchGroup] = []
        for size in doublings(upTo: world.size) {
            // Rank 0 holds the whole model for the group of it alone: its shares of it in others are among that.
            groups.append(
                try BenchGroup(
                    of: size, model, engines, decoder: decoder, sharing: groups.first?.denoiser, world: world)
            )
        }
        let links = try measureLinks(world, model.folder.denoiser, engines.blocks)
        let hosts = try world.allGather(world.hostName)
        let kernels = try world.allGather(engines.blocks.description.kernels)
        for group in groups { _ = try group.measure(try group.run(images: 1, steps: 2, reusing: false)) }

        let variants = try measured(variants(groups))
        guard session.isFirst else { return }
        var notes = [
            "\(counted(options.length.images, "image")), \(counted(options.repeats, "round")), "
                + "\(engines.blocks.description.name) \(engines.blocks.description.precision.rawValue), "
                + "\(counted(engines.blocks.description.threads, "thread")) of each rank",
            "hosts: \(hosts.joined(separator: ", ")); kernels: \(Array(Set(kernels)).sorted().joined(separator: " and "))",
        ]
        notes += links.map { link in
            "link \(link.first)–\(link.second): \(fixedPoint(link.costs.latencySeconds * 1e6, digits: 1)) µs, "
                + "\(fixedPoint(link.costs.bytesPerSecond / 1e6, digits: 0)) MB/s, \(fixedPoint(100 * link.costs.overlap, digits: 0)) % overlap"
        }
        let report = try self.report(variants, model, LinkTable(links), notes)
        print(report.text(), terminator: "")
        try output?.write(report)
    }

    private func variants(_ groups: [BenchGroup]) throws -> [Variant] {
        var variants: [Variant] = []
        for reusing in [false, true] {
            for group in groups {
                for mode in [ScalingReport.Mode.strong, .weak] {
                    let each = max(1, options.length.images / world.size)
                    let images = mode == .strong ? options.length.images : each * group.size
                    let run = try group.run(
                        images: images, steps: options.length.steps, reusing: reusing,
                        wire: options.length.wire)
                    variants.append(Variant(mode: mode, group: group, run: run))
                }
            }
        }
        return variants
    }

    /// Every kind of run in turn, as often as asked, so that noise hits all alike.
    private func measured(_ planned: [Variant]) throws -> [Variant] {
        var variants = planned
        let progress = ProgressDisplay("measuring", isSilent: !session.isFirst)
        for round in 0..<options.repeats {
            for index in variants.indices {
                try world.barrier()
                let variant = variants[index]
                let blocks = try variant.group.blockSeconds(variant.run)
                guard let measurement = try variant.group.measure(variant.run), session.isFirst else {
                    continue
                }
                variants[index].measurements.append(measurement)
                variants[index].blockSeconds.append(blocks)
                progress.show(round * variants.count + index + 1, of: options.repeats * variants.count)
            }
        }
        try world.barrier()
        return variants
    }

    private func report(
        _ variants: [Variant], _ model: OpenedModel, _ links: LinkTable, _ notes: [String]
    ) throws -> ScalingReport {
        let costs = RunCosts(ofOneRank: variants.flatMap { $0.group.size == 1 ? $0.measurements : [] })
        var rows: [ScalingReport.Row] = []
        var verdicts: [String] = []
        for variant in variants {
            var own = ScalingModel(
                costs: costs, links: links, denoiser: model.folder.denoiser,
                autoencoder: model.folder.autoencoder)
            own.costs.blockSeconds = (0..<variant.group.size).map { rank in
                Spread(variant.blockSeconds.map { $0[rank] }).median
            }
            rows.append(
                ScalingReport.Row(
                    mode: variant.mode, computedSteps: variant.run.plan.mask.computedSteps.count,
                    steps: variant.run.steps, ranks: variant.group.size, images: variant.run.images.count,
                    measured: ScalingReport.Measured(variant.measurements),
                    predicted: ScalingReport.Predicted(own.prediction(of: variant.run))))
            if variant.mode == .strong, variant.group.size == world.size {
                let larger = try benchRun(model, like: variant.run, ranks: world.size + 1)
                let reuse = variant.run.plan.mask.reusedCount > 0 ? "with reuse" : "without reuse"
                verdicts.append("\(reuse), \(own.verdict(on: variant.run, larger: larger))")
            }
        }
        return ScalingReport(
            title: "\(model.folder.name) on 1 to \(counted(world.size, "rank"))", notes: notes, rows: rows,
            verdicts: verdicts)
    }
}

extension RunCosts {
    /// What pieces cost, as lone ranks have measured them; blocks are left to be measured by themselves.
    /// - Precondition: there are runs with and without reuse.
    init(ofOneRank runs: [RunMeasurement]) {
        func median(_ value: (RunMeasurement) -> Double?) -> Double {
            let values = runs.compactMap(value)
            return values.isEmpty ? 0 : Spread(values).median
        }
        self.init(
            blockSeconds: [0], embedSeconds: median(\.embedSeconds), gatherSeconds: median(\.gatherSeconds),
            reuseSeconds: median(\.reuseSeconds), decodeSeconds: median(\.decodeSeconds))
    }
}

extension LinkTable {
    /// The links that were measured.
    init(_ measured: [MeasuredLink]) {
        self.init(measured.first?.costs ?? .free)
        for link in measured { self[link.first, link.second] = link.costs }
    }
}

extension ScalingReport.Measured {
    /// Medians over the rounds of one kind of run.
    init(_ runs: [RunMeasurement]) {
        self.init(
            seconds: Spread(runs.map(\.seconds)), denoiseSeconds: Spread(runs.map(\.denoiseSeconds)),
            bubble: Spread(runs.map(\.bubble)).median, waitSeconds: Spread(runs.map(\.waitSeconds)).median,
            activationBytes: runs[0].activationBytes)
    }
}

/// 1, 2, 4 … and the last number itself.
func doublings(upTo last: Int) -> [Int] {
    sequence(first: 1) { 2 * $0 }.prefix { $0 < last } + [last]
}

/// The same run on so many ranks; nil if there are more than blocks.
func benchRun(_ model: OpenedModel, like run: RunDescription, ranks: Int) throws -> RunDescription? {
    guard ranks <= model.folder.denoiser.blocks else { return nil }
    return try benchRun(
        model, Partition(balanced: model.folder.denoiser.blocks, over: ranks), images: run.images.count,
        steps: run.steps, reusing: run.plan.mask.reusedCount > 0, wire: run.wire)
}
