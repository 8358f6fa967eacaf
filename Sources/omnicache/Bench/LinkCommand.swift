import ArgumentParser
import Benchmarks
import Checkpoints
import Engines
import Models
import RunReport
import Tables
import Tensors
import Transport

/// `omnicache bench link`.
struct LinkCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "link",
        abstract: "Measure latency, bandwidth and overlap with compute between each pair of ranks.",
        discussion: """
            The long message is one image's hidden state, as it goes from rank to rank.
            Overlap is the share of its time that disappears behind compute which polls
            between its pieces.

            Examples:
              mpirun -np 2 omnicache bench link
              mpirun -np 4 --hostfile hosts omnicache bench link --shape DiT-XL/2
            """)

    @OptionGroup(title: "Model and engine") var options: BenchOptions

    func run() throws {
        RankSession.run { session in
            let model = try options.open(session, pipelineRanks: 1)
            try session.communicator.agreeOnErrors {
                guard session.communicator.size > 1 else {
                    throw UsageError("a link needs two ranks: start it as mpirun -np 2 omnicache bench link")
                }
            }
            let engine = try RankModel.engines(options.model, session).blocks
            let links = try measureLinks(session.communicator, model.folder.denoiser, engine)
            guard session.isFirst else { return }
            var table = TextTable(["ranks", "latency, µs", "bandwidth, MB/s", "overlap, %"])
            for link in links {
                table.add([
                    "\(link.first)–\(link.second)", fixedPoint(link.costs.latencySeconds * 1e6, digits: 1),
                    fixedPoint(link.costs.bytesPerSecond / 1e6, digits: 0),
                    fixedPoint(link.costs.overlap * 100, digits: 0),
                ])
            }
            let bytes = activationBytes(model.folder.denoiser)
            print("\(model.folder.name), messages of \(bytes) bytes\n\n\(table.text)")
        }
    }
}

/// A link between two ranks.
struct MeasuredLink: Codable, Sendable {
    var first: Int
    var second: Int
    var costs: LinkCosts
}

/// Measures every pair of ranks, one after another; all ranks call it and get all.
func measureLinks(
    _ communicator: any Communicator, _ model: any DenoiserConfiguration, _ engine: any Engine
) throws -> [MeasuredLink] {
    var own: [MeasuredLink] = []
    for first in 0..<communicator.size {
        for second in first + 1..<max(first + 1, communicator.size) {
            try communicator.barrier()
            let costs = try measureLink(
                communicator, between: (first, second), byteCount: activationBytes(model), engine: engine)
            if let costs, communicator.rank == first {
                own.append(MeasuredLink(first: first, second: second, costs: costs))
            }
        }
    }
    return try communicator.allGather(own).flatMap { $0 }
}

/// Bytes of one image's hidden state.
private func activationBytes(_ model: any DenoiserConfiguration) -> Int {
    model.layout.rows * model.layout.width * ElementType.f32.byteCount
}
