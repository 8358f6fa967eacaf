import Benchmarks
import Engines
import Transport

/// The engine of the blocks and the f32 engine of the decoder.
typealias BenchEngines = (blocks: any Engine, decoder: any Engine)

/// One product by one engine on one rank.
struct ProductRate: Codable, Sendable {
    var product: MatrixProduct
    var engine: EngineDescription
    var flopsPerSecond: Spread
}

/// The products of a model, their weights packed by every engine that this build and CPU have.
struct ResidentProducts {
    private let products: [ResidentProduct]

    /// - Parameter threads: of each rank; default: its share of the cores.
    /// - Throws: `TransportError`.
    init(
        _ products: [MatrixProduct], precisions: [Precision] = Precision.allCases, threads: Int?,
        _ session: RankSession
    ) throws {
        for warning in engineWarnings() { session.say("omnicache: warning: \(warning)") }
        let threads = try threads ?? RankModel.threadsPerRank(session.communicator)
        var resident: [ResidentProduct] = []
        for choice in [EngineChoice.openblas, .onednn] {
            for precision in precisions {
                // What this build or CPU lacks is left out of the table.
                guard let engine = try? makeEngine(choice, precision: precision, threads: threads) else {
                    continue
                }
                resident += products.map { ResidentProduct($0, with: engine) }
            }
        }
        self.products = resident
    }

    /// Measures them, on all ranks at once.
    /// - Parameter seconds: how long each is measured.
    /// - Returns: each rank's rates, on every rank.
    /// - Throws: `TransportError`.
    func measure(for seconds: Double, _ communicator: any Communicator) throws -> [[ProductRate]] {
        try communicator.barrier()
        return try communicator.allGather(
            products.map { resident in
                ProductRate(
                    product: resident.product, engine: resident.engine.description,
                    flopsPerSecond: resident.flopsPerSecond(for: seconds))
            })
    }
}

extension [ProductRate] {
    /// What the matrix units of a rank do for the model: each product by its fastest engine, weighted by operations.
    func matrixRate(_ precision: Precision) -> Double? {
        var fastest: [(product: MatrixProduct, flopsPerSecond: Double)] = []
        for rate in self where rate.engine.precision == precision {
            let speed = rate.flopsPerSecond.median
            if let index = fastest.firstIndex(where: { $0.product == rate.product }) {
                fastest[index].flopsPerSecond = Swift.max(fastest[index].flopsPerSecond, speed)
            } else {
                fastest.append((rate.product, speed))
            }
        }
        return fastest.isEmpty ? nil : Benchmarks.matrixRate(fastest)
    }
}
