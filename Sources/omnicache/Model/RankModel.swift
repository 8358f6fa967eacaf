import Checkpoints
import Engines
import Models
import RunTrace
import Sampling
import Transport

/// The model as this rank holds it: its own blocks, packed for its engine.
struct RankModel {
    let opened: OpenedModel
    let stage: LoadedStage
    /// A hash of all ranks' weights.
    let contentHash: String

    /// Loads the model on all ranks.
    init(
        _ opened: OpenedModel, _ options: ModelOptions, session: RankSession, trace: TraceRecorder
    ) throws {
        let communicator = session.communicator
        let engines = try Self.engines(options, session)
        self.opened = opened
        stage = try communicator.agreeOnErrors {
            try trace.span(.load) { try Self.load(opened, engines, communicator) }
        }
        contentHash = try Self.contentHash(opened.folder, communicator)
    }

    /// The engine of the blocks and the f32 engine of the decoder, the same on every rank.
    private static func engines(
        _ options: ModelOptions, _ session: RankSession
    ) throws -> (blocks: any Engine, decoder: any Engine) {
        let communicator = session.communicator
        let threads = try options.threads ?? threadsPerRank(communicator)
        let blocks = try communicator.agreeOnErrors {
            try makeEngine(options.engine, precision: options.precision, threads: threads)
        }
        try requireEqual(blocks.description, session)
        let decoder =
            options.precision == .f32
            ? blocks : try makeEngine(options.engine, precision: .f32, threads: threads)
        if blocks.description.name == "openblas" {
            for warning in engineEnvironmentWarnings() { session.say("omnicache: warning: \(warning)") }
        }
        return (blocks, decoder)
    }

    /// The cores that this rank may use, shared with the ranks of its host that may use the same ones.
    private static func threadsPerRank(_ communicator: any Communicator) throws(TransportError) -> Int {
        let cores = ThreadPool.availableCores
        let own = "\(communicator.hostName) \(cores)"
        let sharing = try communicator.allGather(own).count { $0 == own }
        return max(1, cores.count / max(1, sharing))
    }

    private static func requireEqual(_ own: EngineDescription, _ session: RankSession) throws {
        let all = try session.communicator.allGather(own)
        try session.communicator.agreeOnErrors {
            for (rank, other) in all.enumerated() where other.name != all[0].name {
                throw UsageError(
                    "rank \(rank) computes with \(other.name), but rank 0 with \(all[0].name): name an --engine "
                        + "that every host has")
            }
        }
        if Set(all.map(\.kernels)).count > 1 {
            session.say(
                "omnicache: warning: hosts use different kernels, so results may differ in the last bits")
        }
    }

    private static func load(
        _ opened: OpenedModel, _ engines: (blocks: any Engine, decoder: any Engine),
        _ communicator: any Communicator
    ) throws -> LoadedStage {
        let folder = opened.folder
        let isTail = communicator.rank == communicator.size - 1
        let dit = try DiT(
            folder.transformer, weights: folder.transformerWeights, engine: engines.blocks,
            blocks: opened.partition.blocks(of: communicator.rank),
            embedsPatches: communicator.rank == 0 || isTail,
            hasFinalLayer: isTail)
        let decoder = try AutoencoderDecoder(
            folder.autoencoder, weights: folder.autoencoderWeights, engine: engines.decoder)
        return LoadedStage(
            dit: dit, engine: engines.blocks, autoencoder: folder.autoencoder, decoder: decoder)
    }

    /// Joins what each rank has hashed of the weights while packing them, so that a plan can tell models apart.
    private static func contentHash(
        _ folder: ModelFolder, _ communicator: any Communicator
    ) throws(TransportError) -> String {
        let all = try communicator.allGather(folder.transformerWeights.contentHashes)
        var hash = ContentHash()
        hash.add(folder.fingerprint)
        let joined = all.reduce(into: [String: UInt64]()) { joined, own in
            joined.merge(own) { first, _ in first }
        }
        for (name, value) in joined.sorted(by: { $0.key < $1.key }) {
            hash.add(name)
            hash.add(value)
        }
        return hexadecimal(hash.value)
    }
}

/// Sixteen digits.
func hexadecimal(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
}
