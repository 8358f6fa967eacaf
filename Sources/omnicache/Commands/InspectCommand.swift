import ArgumentParser
import CachePlanning
import Checkpoints
import Models
import Sampling
import Transport

/// `omnicache inspect`.
struct InspectCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Say what a model folder or a plan holds, and whether it can be used.",
        discussion: """
            Reads configurations and tensor headers, no weights.

            Examples:
              omnicache inspect
              omnicache inspect --model DIR --ranks 4
              omnicache inspect --plan fast.json
            """)

    @Option(help: "A diffusers folder. Default: the built-in model.")
    var model: String?

    @Option(help: "A plan to look at, in place of a model.")
    var plan: String?

    @Option(help: "Show how so many ranks would share the blocks. Default: those that it is started with.")
    var ranks: Int?

    @Flag(help: "List the labels.")
    var labels = false

    func validate() throws {
        if let ranks, ranks < 1 { throw ValidationError("--ranks \(ranks): expected 1 or more.") }
    }

    func run() throws {
        RankSession.run { session in
            let text = try session.communicator.decide {
                if let plan { return try describePlan(plan) }
                return try describeModel(ranks: ranks ?? session.communicator.size)
            }
            if session.isFirst { print(text) }
        }
    }

    private func describePlan(_ path: String) throws -> String {
        let plan = try PlanFile(path).plan
        return """
            \(path): plan \(plan.hash)
              for \(plan.steps) steps of \(plan.subject.scheduler), guidance \(plan.subject.guidance), model \(plan.subject.modelHash)
            \(PlanDrawing(plan: plan))
            """
    }

    private func describeModel(ranks: Int) throws -> String {
        let folder = try ModelFolder(ModelSource(path: model).files)
        try folder.requireWholeModel()
        let denoiser = folder.denoiser
        let vae = folder.autoencoder
        let cut = try Partition(balanced: denoiser.blocks, over: ranks)
        let inBlocks = denoiser.blockParameters(productsAlone: true)
        let perBlock = inBlocks.max() ?? 0
        let most = (0..<ranks).map { inBlocks[cut.blocks(of: $0)].reduce(0, +) }.max() ?? 0
        let (latents, size) = (denoiser.latents, folder.pictureSize)
        var lines = [
            "\(folder.name): can be used",
            "  transformer  \(denoiser.kind), \(denoiser.summary)",
            "  stored       \(denoiser.parameters) numbers; \(perBlock) in a block's products",
            "  latents      \(latents.extents.map(String.init).joined(separator: " × "))",
            "  autoencoder  channels \(vae.blockChannels.map(String.init).joined(separator: ", ")), pictures "
                + "\(size.width) × \(size.height), scaling \(vae.scalingFactor)",
            "  scheduler    \(folder.scheduler.summary)",
            "  labels       \(folder.labels.classes.count)",
            "  on \(counted(ranks, "rank"))    \(cut.blockCounts.map(String.init).joined(separator: ",")) blocks, at most "
                + "\((most * 4) >> 20) MiB of f32 block weights on each",
        ]
        if labels {
            lines += folder.labels.classes.map { "    #\($0)  \(folder.labels.name(of: $0))" }
        }
        return lines.joined(separator: "\n")
    }
}
