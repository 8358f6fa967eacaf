import Checkpoints
import Files
import Models
import Sampling
import Transport

/// A model whose files have been checked, and its cut over the ranks; no weights are read yet.
struct OpenedModel {
    let source: ModelSource
    let folder: ModelFolder
    let partition: Partition
    /// What its files are read from: the model's folder, or rank 0's outline of it.
    let files: any FileTree
    /// Rank 0's, on all ranks, if any of them has no files of its own.
    let outline: ModelOutline?
    /// Whether this rank's weights come from rank 0.
    let isGiven: Bool

    /// Opens the model on all ranks.
    ///
    /// Rank 0 checks the files before another rank looks at its own, which must be the same. Of the numbers a
    /// sample is compared: those that two ranks read are compared whole when they have been read.
    /// - Parameters:
    ///   - source: where it comes from; default: what the options say.
    ///   - asked: blocks on each rank; default: balanced.
    ///   - pipelineRanks: the ranks that share the blocks; default: all.
    ///   - further: small files that will be read besides the model's own, where they are there.
    /// - Throws: `RanksFailed`, alike on all ranks.
    init(
        _ options: ModelOptions, source given: ModelSource? = nil, _ communicator: any Communicator,
        partition asked: PartitionArgument? = nil, pipelineRanks: Int? = nil, further: [String] = []
    ) throws {
        let source = given ?? ModelSource(path: options.model)
        var checked: ModelFolder?
        self.source = source
        let cut = try communicator.decide {
            let folder = try ModelFolder(source.files)
            try folder.requireWholeModel()
            checked = folder
            return try Self.partition(asked, folder, ranks: pipelineRanks ?? communicator.size)
        }
        let own = try communicator.agreeOnErrors { try checked ?? Self.ownFolder(source, options.weights) }
        if try communicator.allGather(own == nil).contains(true) {
            outline = try communicator.decide { try ModelOutline(source.files, whole: further) }
        } else {
            outline = nil
        }
        isGiven = own == nil
        files = own == nil ? outline?.tree ?? source.files : source.files
        let tree = files
        let folder = try communicator.agreeOnErrors { try own ?? ModelFolder(tree) }
        self.folder = folder
        let first = try communicator.decide { communicator.size > 1 ? try folder.sampleHash() : 0 }
        // Weights that come from rank 0 are rank 0's.
        let numbers = try communicator.agreeOnErrors {
            communicator.rank > 0 ? try own?.sampleHash() ?? first : first
        }
        try communicator.requireEqual([folder.fingerprint, numbers]) { place, _, _ in
            "\(place) has another model than rank 0: copy one model to all hosts, or use --weights rank0"
        }
        guard asked?.isMeasured == true, communicator.size > 1 else {
            partition = cut
            return
        }
        let costs = try measureParts(folder.denoiser, options, communicator)
        partition = try communicator.decide {
            try Partition(fastest: costs, blocks: folder.denoiser.blocks)
        }
    }

    /// The model's folder on a rank other than rank 0; nil if it is to be asked of rank 0.
    private static func ownFolder(
        _ source: ModelSource, _ weights: WeightsArgument
    ) throws(ReadError) -> ModelFolder? {
        if weights == .rank0, !source.isBuiltin { return nil }
        do {
            return try ModelFolder(source.files)
        } catch {
            guard weights == .auto, error.kind == .missingFile else { throw error }
            return nil
        }
    }

    private static func partition(
        _ asked: PartitionArgument?, _ folder: ModelFolder, ranks: Int
    ) throws(SamplingError) -> Partition {
        guard let blockCounts = asked?.blockCounts else {
            return try Partition(balanced: folder.denoiser.blocks, over: ranks)
        }
        return try Partition(blockCounts, blocks: folder.denoiser.blocks, ranks: ranks)
    }
}
