import Checkpoints
import Models
import Sampling
import Transport

/// A model whose files have been checked, and its cut over the ranks; no weights are read yet.
struct OpenedModel {
    let source: ModelSource
    let folder: ModelFolder
    let partition: Partition

    /// Opens the model on all ranks.
    ///
    /// Rank 0 checks the files before another rank looks at its own, which must be the same but for the
    /// numbers: those are compared when they have been read.
    /// - Parameters:
    ///   - source: where it comes from; default: what the options say.
    ///   - asked: blocks on each rank; default: balanced.
    ///   - pipelineRanks: the ranks that share the blocks; default: all.
    /// - Throws: `RanksFailed`, alike on all ranks.
    init(
        _ options: ModelOptions, source given: ModelSource? = nil, _ communicator: any Communicator,
        partition asked: PartitionArgument? = nil, pipelineRanks: Int? = nil
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
        let folder = try communicator.agreeOnErrors { try checked ?? ModelFolder(source.files) }
        try communicator.requireEqual(folder.fingerprint) { place, _, _ in
            "\(place) has another model than rank 0: copy one model to all hosts"
        }
        self.folder = folder
        guard asked?.isMeasured == true, communicator.size > 1 else {
            partition = cut
            return
        }
        let costs = try measureParts(folder, options, communicator)
        partition = try communicator.decide {
            try Partition(fastest: costs, blocks: folder.transformer.blocks)
        }
    }

    private static func partition(
        _ asked: PartitionArgument?, _ folder: ModelFolder, ranks: Int
    ) throws(SamplingError) -> Partition {
        guard let blockCounts = asked?.blockCounts else {
            return try Partition(balanced: folder.transformer.blocks, over: ranks)
        }
        return try Partition(blockCounts, blocks: folder.transformer.blocks, ranks: ranks)
    }
}

extension ModelFolder {
    /// Checks that the folder holds each tensor of the model, and none besides.
    func requireWholeModel() throws(CheckpointError) {
        let optional = DiT.optionalTensors(transformer).filter { transformerWeights.names.contains($0.key) }
        try transformerWeights.require(
            exactly: DiT.expectedTensors(transformer).merging(optional) { $1 }, ignoring: { _ in false })
        try autoencoderWeights.require(
            exactly: AutoencoderDecoder.expectedTensors(autoencoder), ignoring: AutoencoderDecoder.ignores)
    }
}
