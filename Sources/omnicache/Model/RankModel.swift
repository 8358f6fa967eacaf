import Checkpoints
import Engines
import Files
import Models
import RunTrace
import Sampling
import Transport

/// The model as this rank holds it: its own blocks, packed for its engine.
struct RankModel {
    let opened: OpenedModel
    let stage: LoadedStage
    /// The ranks that share the blocks, of which this is one.
    let pipeline: any Communicator
    /// What reads and makes pictures, in f32.
    let pictureEngine: any Engine
    /// A hash of the transformer as all ranks hold it.
    let contentHash: String
    /// A hash of the decoder as the ranks that decode hold it.
    let decoderHash: String
    /// Bytes of weights that rank 0 has sent to this rank.
    let receivedWeightBytes: Int

    /// Loads the model on all ranks.
    /// - Parameters:
    ///   - decodes: whether this rank will turn latents into pictures.
    ///   - tiles: the tiles that larger latents are decoded in, if any.
    ///   - pipeline: the ranks that share the blocks; default: all.
    init(
        _ opened: OpenedModel, _ options: ModelOptions, decodes: Bool, tiles: DecoderTiles? = .standard,
        session: RankSession,
        pipeline: (any Communicator)? = nil, trace: TraceRecorder
    ) throws {
        let communicator = session.communicator
        let pipeline = pipeline ?? communicator
        let engines = try Self.engines(options, session)
        self.opened = opened
        self.pipeline = pipeline
        pictureEngine = engines.decoder
        let supply = try WeightSupply(opened, options, decodes: decodes, session: session, pipeline: pipeline)
        let (stage, weights) = try trace.span(.load) {
            try supply.load { weights, afterEach in
                try Self.load(
                    opened, opened.partition, weights, engines, decodes: decodes, tiles: tiles, pipeline,
                    afterEach)
            }
        }
        self.stage = stage
        receivedWeightBytes = supply.receivedBytes
        let folder = opened.folder
        func joined(_ weights: WeightArchive, in part: String) throws -> String {
            try communicator.agreeOnErrors {
                try Self.contentHash(folder, weights, in: part, communicator)
            }
        }
        contentHash = try joined(weights.transformer, in: "transformer/")
        decoderHash = try joined(weights.autoencoder, in: "vae/")
    }

    /// The engine of the blocks and the f32 engine of the decoder, the same on every rank.
    static func engines(
        _ options: ModelOptions, _ session: RankSession
    ) throws -> (blocks: any Engine, decoder: any Engine) {
        let communicator = session.communicator
        let shares = try communicator.allGather(CoreShare(hostName: communicator.hostName))
        for warning in CoreShare.warnings(shares, threads: options.threads) {
            session.say("omnicache: warning: \(warning)")
        }
        let threads = options.threads ?? CoreShare.threads(shares)[communicator.rank]
        let engine = { (precision: Precision) in
            try makeEngine(
                options.engine, precision: precision, threads: threads, betweenPieces: communicator.progress)
        }
        let blocks = try communicator.agreeOnErrors { try engine(options.precision) }
        try requireEqual(blocks.description, session)
        let decoder = options.precision == .f32 ? blocks : try engine(.f32)
        if blocks.description.name == "openblas" {
            for warning in engineWarnings() { session.say("omnicache: warning: \(warning)") }
        }
        return (blocks, decoder)
    }

    /// The cores that this rank may use, shared with the ranks of its host that may use the same ones.
    static func threadsPerRank(_ communicator: any Communicator) throws(TransportError) -> Int {
        CoreShare.threads(
            try communicator.allGather(CoreShare(hostName: communicator.hostName)))[communicator.rank]
    }

    private static func requireEqual(_ own: EngineDescription, _ session: RankSession) throws {
        let communicator = session.communicator
        try communicator.requireEqual("\(own.name) \(own.precision.rawValue)") { place, other, first in
            "\(place) computes with \(other), but rank 0 with \(first): name an --engine that every host has"
        }
        if Set(try communicator.allGather(own.kernels)).count > 1 {
            session.say(
                "omnicache: warning: hosts use different kernels, so results may differ in the last bits")
        }
    }

    static func load(
        _ opened: OpenedModel, _ partition: Partition, _ weights: WeightArchives,
        _ engines: (blocks: any Engine, decoder: any Engine), decodes: Bool,
        tiles: DecoderTiles? = .standard, _ pipeline: any Communicator,
        _ afterEach: @escaping () -> Void = {}
    ) throws(ReadError) -> LoadedStage {
        let folder = opened.folder
        let denoiser = try folder.denoiser.denoiser(
            ModelShare(blocks: partition.blocks(of: pipeline.rank), rank: pipeline.rank, of: pipeline.size),
            weights.transformer, engines.blocks, afterEach: afterEach)
        try denoiser.warmUp()
        let decoder =
            decodes
            ? try AutoencoderDecoder(
                folder.autoencoder, weights: weights.autoencoder, engine: engines.decoder, tiles: tiles,
                afterEach: afterEach) : nil
        return LoadedStage(
            denoiser: denoiser, engine: engines.blocks, autoencoder: folder.autoencoder, decoder: decoder)
    }

    /// Joins what each rank has hashed of the weights while packing them, so that models can be told apart.
    /// - Throws: `ReadError`, alike on all ranks, if two ranks have read different numbers.
    private static func contentHash(
        _ folder: ModelFolder, _ weights: WeightArchive, in part: String, _ communicator: any Communicator
    ) throws -> String {
        var joined: [String: (hash: UInt64, rank: Int)] = [:]
        let hosts = try communicator.allGather(communicator.hostName)
        for (rank, hashes) in try communicator.allGather(weights.contentHashes).enumerated() {
            for (name, hash) in hashes.sorted(by: { $0.key < $1.key }) {
                let known = joined[name, default: (hash, rank)]
                guard known.hash == hash else {
                    throw ReadError(
                        .invalid,
                        "ranks \(known.rank) on \(hosts[known.rank]) and \(rank) on \(hosts[rank]) have read "
                            + "different numbers of \(name) in \(part): copy one model to all hosts")
                }
                joined[name] = known
            }
        }
        var hash = ContentHash()
        hash.add(folder.fingerprint)
        for (name, known) in joined.sorted(by: { $0.key < $1.key }) {
            hash.add(name)
            hash.add(known.hash)
        }
        return hash.hexadecimal
    }
}
