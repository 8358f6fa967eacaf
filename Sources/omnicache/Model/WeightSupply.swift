import Checkpoints
import Files
import Models
import Sampling
import Transport

/// Where this rank's weights come from, and on rank 0 those of the ranks that have none.
struct WeightSupply {
    private enum Source {
        case ownFolder
        case cache(CachedWeights)
        case rank0(WeightShare, keptIn: WeightCache.Writer?)
    }

    /// What a rank tells the others of itself.
    private struct Need: Codable, Sendable {
        /// What it asks rank 0 for.
        var request: WeightRequest?
        var isCached = false
    }

    private let opened: OpenedModel
    private let communicator: any Communicator
    private let source: Source
    /// On rank 0, if any rank asks for something.
    private let server: WeightServer?
    /// Whether weights travel, so that a rank which fails must end all: others may be waiting for pieces.
    private let isDelivering: Bool
    /// Bytes of weights that rank 0 sends to this rank.
    let receivedBytes: Int

    /// Finds out on all ranks what each needs.
    /// - Throws: `RanksFailed`, alike on all ranks.
    init(
        _ opened: OpenedModel, _ options: ModelOptions, decodes: Bool, session: RankSession,
        pipeline: any Communicator
    ) throws {
        let communicator = session.communicator
        self.opened = opened
        self.communicator = communicator
        let source = try communicator.agreeOnErrors {
            try Self.source(opened, options, decodes: decodes, pipeline)
        }
        var need = Need()
        switch source {
        case .ownFolder: receivedBytes = 0
        case .cache:
            need.isCached = true
            receivedBytes = 0
        case .rank0(let share, _):
            need.request = share.request
            receivedBytes = share.byteCount
        }
        self.source = source
        let needs = opened.outline == nil ? [] : try communicator.allGather(need)
        isDelivering = needs.contains { $0.request != nil }
        let shares = try communicator.agreeOnErrors {
            try needs.map { try $0.request.map { try WeightShare($0, of: opened.folder.weights) } }
        }
        server =
            isDelivering && session.isFirst
            ? WeightServer(
                shares.enumerated().reduce(into: [:]) { $0[$1.offset] = $1.element },
                communicator: communicator) : nil
        if !needs.isEmpty { session.say("omnicache: " + Self.sentence(needs, shares)) }
    }

    /// Loads this rank's share, and on rank 0 sends the others theirs meanwhile.
    /// - Parameter body: loads from the given archives, calling the function after each layer.
    /// - Returns: what `body` returns, and what it was loaded from.
    /// - Throws: `RanksFailed`, alike on all ranks; while weights travel, what this rank has met.
    func load<R>(
        _ body: (WeightArchives, @escaping () -> Void) throws -> R
    ) throws -> (R, WeightArchives) {
        isDelivering ? try loadAndServe(body) : try communicator.agreeOnErrors { try loadAndServe(body) }
    }

    private func loadAndServe<R>(
        _ body: (WeightArchives, @escaping () -> Void) throws -> R
    ) throws -> (R, WeightArchives) {
        let progress = communicator.progress
        switch source {
        case .ownFolder:
            let weights = opened.folder.weights
            let result = try body(weights) {
                progress?()
                server?.serve()
            }
            try server?.finish()
            return (result, weights)
        case .cache(let cached):
            let result = try body(cached.weights) { progress?() }
            try cached.check()
            return (result, cached.weights)
        case .rank0(let share, let cache):
            let delivery = try WeightDelivery(share, communicator: communicator)
            let delivered = DeliveredWeights(share, cache: cache) { try delivery.next() }
            let weights = share.archives(over: delivered)
            do {
                let result = try body(weights) { progress?() }
                try cache?.commit(weights)
                return (result, weights)
            } catch let error as ReadError {
                throw error.cause ?? error
            }
        }
    }

    private static func source(
        _ opened: OpenedModel, _ options: ModelOptions, decodes: Bool, _ pipeline: any Communicator
    ) throws -> Source {
        guard opened.isGiven, let outline = opened.outline else { return .ownFolder }
        let folder = opened.folder
        let share = ModelShare(
            blocks: opened.partition.blocks(of: pipeline.rank), rank: pipeline.rank, of: pipeline.size)
        let request = WeightRequest(
            transformer: folder.denoiser.layers(share).flatMap(\.tensors).map(\.name),
            autoencoder: decodes ? AutoencoderDecoder.tensors(folder.autoencoder).map(\.name) : [])
        let weights = try WeightShare(request, of: folder.weights)
        guard let directory = options.weightsCache else { return .rank0(weights, keptIn: nil) }
        let cache = WeightCache(directory, weights, of: outline)
        if let cached = try cache.open() { return .cache(cached) }
        return .rank0(weights, keptIn: try cache.begin())
    }

    private static func sentence(_ needs: [Need], _ shares: [WeightShare?]) -> String {
        let given = needs.indices.filter { needs[$0].request != nil }
        let cached = needs.indices.filter { needs[$0].isCached }
        let bytes = shares.reduce(0) { $0 + ($1?.byteCount ?? 0) }
        var parts: [String] = []
        if !given.isEmpty {
            parts.append(
                "rank 0 gives \(ranks(given)) \(given.count == 1 ? "its" : "their") weights, \(bytes >> 20) MiB"
            )
        }
        if !cached.isEmpty {
            parts.append(
                "\(ranks(cached)) \(cached.count == 1 ? "has its" : "have theirs") in the weights cache")
        }
        return parts.joined(separator: "; ")
    }

    private static func ranks(_ ranks: [Int]) -> String {
        guard let last = ranks.last, ranks.count > 1 else { return "rank \(ranks.first ?? 0)" }
        return "ranks " + ranks.dropLast().map(String.init).joined(separator: ", ") + " and \(last)"
    }
}
