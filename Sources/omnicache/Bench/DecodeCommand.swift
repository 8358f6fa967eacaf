import ArgumentParser
import Benchmarks
import Checkpoints
import Engines
import Models
import RunReport
import RunTrace
import Tables
import Tensors
import Transport

/// `omnicache bench decode`.
struct DecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Measure how long a picture takes and how much memory, on each rank.",
        discussion: """
            Pictures are decoded in f32 whatever the precision. Under mpirun all ranks
            decode at once, as at the end of a run.

            Examples:
              omnicache bench decode
              omnicache bench decode --shape DiT-XL/2-512 --threads 2
              omnicache bench decode --shape DiT-XL/2-1024 --vae-tiling off
            """)

    @OptionGroup(title: "Model and engine") var options: BenchOptions
    @OptionGroup var tiling: TilingOptions

    /// What one rank has measured.
    private struct Result: Codable, Sendable {
        var host: String
        var seconds: Spread
        var peakBytes: Int
    }

    func run() throws {
        RankSession.run { session in try perform(session) }
    }

    private func perform(_ session: RankSession) throws {
        let world = session.communicator
        let model = try options.open(session, pipelineRanks: 1)
        let engines = try RankModel.engines(options.model, session)
        let decoder = try BenchGroup.decoder(model, engines, decodes: true, world, tiles: tiling.tiles)
        let latents = model.folder.denoiser.latents
        let latent = Tensor(zeros: latents.extents)
        try world.barrier()
        let times = timed(for: 2) { _ = decoder?.decode(latent) }
        let results = try world.gather(
            Result(host: world.hostName, seconds: Spread(times), peakBytes: peakResidentBytes()), to: 0)
        guard session.isFirst else { return }
        let work = Work.decode(model.folder.autoencoder, latents, tiles: tiling.tiles)
        let count = tiling.tiles?.count(height: latents.height, width: latents.width) ?? 1
        var table = TextTable(["rank", "seconds", "±", "GFLOP", "GFLOP/s", "peak memory, MB"])
        for (rank, result) in results.enumerated() {
            table.add([
                "\(rank) on \(result.host)", fixedPoint(result.seconds.median, digits: 4),
                "\(fixedPoint(100 * result.seconds.relative, digits: 0)) %",
                fixedPoint(work / 1e9, digits: 1),
                fixedPoint(work / result.seconds.median / 1e9, digits: 1),
                fixedPoint(Double(result.peakBytes) / 1e6, digits: 0),
            ])
        }
        let size = model.folder.pictureSize
        let engine = engines.decoder.description
        print(
            """
            \(model.folder.name), pictures of \(size.width) × \(size.height)\(count > 1 ? " in \(count) tiles" : ""), \
            \(counted(engine.threads, "thread"))
            \(engine.name) f32: \(engine.kernels)

            \(table.text)
            """)
    }
}
