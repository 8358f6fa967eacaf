import Checkpoints
import Files
import Foundation
import Models
import Sampling
import Tensors
import TestSupport
import Testing
import Transport

/// Ranks without files of their own, whose weights rank 0 sends.
@Suite(.serialized)
struct WeightDeliveryTests {
    static let golden = TestModel.tree.name + "/../commandline/model"

    /// What a rank has loaded, and what that cost.
    private struct Loaded {
        let model: TestModel
        let stage: LoadedStage
        let share: WeightShare?
        let counter: TransferCounter
    }

    /// Loads a rank's stage: from files on rank 0, which serves the others meanwhile, and on those from rank 0.
    /// - Parameter afterOpening: called on rank 0 between opening the files and reading them.
    private static func load(
        _ path: String, _ cut: Partition, on base: any Communicator, pieceByteCount: Int,
        afterOpening: () throws -> Void = {}
    ) throws -> Loaded {
        let communicator = TransferCounter(base)
        let isFirst = communicator.rank == 0
        let outline = try communicator.decide { try ModelOutline(DirectoryTree(path), whole: []) }
        let folder = try ModelFolder(isFirst ? DirectoryTree(path) : outline.tree)
        func share(of rank: Int) throws -> WeightShare {
            let isTail = rank == communicator.size - 1
            let request = WeightRequest(
                transformer: folder.denoiser.layers(
                    ModelShare(blocks: cut.blocks(of: rank), embeds: isTail, predicts: isTail)
                ).flatMap(\.tensors).map(\.name),
                autoencoder: AutoencoderDecoder.tensors(folder.autoencoder).map(\.name))
            return try WeightShare(request, of: folder.weights, pieceByteCount: pieceByteCount)
        }
        guard isFirst else {
            let share = try share(of: communicator.rank)
            let delivery = try WeightDelivery(share, communicator: communicator)
            let delivered = DeliveredWeights(share, cache: nil) { try delivery.next() }
            do {
                let model = TestModel(folder, share.archives(over: delivered))
                let stage = try model.stage(cut, rank: communicator.rank)
                return Loaded(model: model, stage: stage, share: share, counter: communicator)
            } catch let error as ReadError {
                throw error.cause ?? error
            }
        }
        try afterOpening()
        let shares = try (1..<communicator.size).reduce(into: [:]) { $0[$1] = try share(of: $1) }
        let server = WeightServer(shares, communicator: communicator)
        let model = TestModel(folder, folder.weights)
        let stage = try model.stage(cut, rank: 0, afterEach: server.serve)
        try server.finish()
        return Loaded(model: model, stage: stage, share: nil, counter: communicator)
    }

    @Test(.timeLimit(.minutes(2)), arguments: [999, 8192, WeightShare.usualPieceByteCount])
    func givenWeightsDrawTheSameBits(pieceByteCount: Int) throws {
        let folder = try ModelFolder(DirectoryTree(Self.golden))
        let run = try TestModel(folder, folder.weights).run(.of("CCRC"))
        let alone = try TestModel(folder, folder.weights).drawAlone(run)
        try forEachCluster(ranks: [1, 2, 3]) { communicator in
            let run = try run.over(communicator.size)
            let loaded = try Self.load(
                Self.golden, run.partition, on: communicator, pieceByteCount: pieceByteCount)
            let drawing = try loaded.model.draw(run, on: communicator, stage: loaded.stage)
            if communicator.rank == 0 { try checkEqual(drawing, alone, "the drawing") }
        }
    }

    /// Many pieces, for one rank and for two: two of them are under way at most, and in memory.
    @Test(.timeLimit(.minutes(2)))
    func memoryIsTwoPieces() throws {
        try forEachCluster(ranks: [2, 3]) { communicator in
            let blocks = try ModelFolder(DirectoryTree(Self.golden)).transformer.blocks
            let cut = try Partition(balanced: blocks, over: communicator.size)
            let loaded = try Self.load(Self.golden, cut, on: communicator, pieceByteCount: 1000)
            try checkEqual(loaded.counter.mostOpen, 2, "the most transfers open at once")
            try checkEqual(loaded.counter.mostBuffers, 2, "the most pieces in memory")
            if let share = loaded.share { try check(share.pieceCount > 10, "\(share.pieceCount) pieces") }
        }
    }

    /// A way to spoil rank 0's file after it has been opened, and what is said of it.
    struct Spoilt: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let message: String
        let spoil: @Sendable (URL) throws -> Void
    }

    @Test(
        .timeLimit(.minutes(1)), .disabled(if: isUnderLauncher, "a rank that fails there ends the launch"),
        arguments: [
            Spoilt(
                testDescription: "truncated", message: "was changed while it was read",
                spoil: { file in
                    let handle = try FileHandle(forWritingTo: file)
                    try handle.truncate(atOffset: handle.seekToEnd() / 2)
                    try handle.close()
                }),
            Spoilt(
                testDescription: "altered", message: "was changed while it was read",
                spoil: { file in
                    let handle = try FileHandle(forWritingTo: file)
                    try handle.seek(toOffset: handle.seekToEnd() - 1)
                    try handle.write(contentsOf: [0])
                    try handle.close()
                }),
        ], [1, 2, 3])
    func fileThatChangesMeanwhileEndsAllRanks(_ spoilt: Spoilt, ranks: Int) throws {
        let path = FileManager.default.temporaryDirectory.path + "/given-" + UUID().uuidString
        defer { try? FileManager.default.removeItem(atPath: path) }
        for mode in [LoopbackCluster.SendMode.buffered, .synchronous] {
            try? FileManager.default.removeItem(atPath: path)
            try FileManager.default.copyItem(atPath: Self.golden, toPath: path)
            let file = URL(filePath: path + "/transformer/diffusion_pytorch_model.safetensors")
            let error = #expect(throws: ReadError.self) {
                // It returns only once every rank has ended.
                _ = try LoopbackCluster(ranks: ranks, sendMode: mode).run { communicator in
                    let blocks = try ModelFolder(DirectoryTree(Self.golden)).transformer.blocks
                    _ = try Self.load(
                        path, Partition(balanced: blocks, over: ranks), on: communicator, pieceByteCount: 999
                    ) { try spoilt.spoil(file) }
                }
            }
            #expect(error?.description.hasPrefix("\(file.path): \(spoilt.message)") == true)
        }
    }
}
