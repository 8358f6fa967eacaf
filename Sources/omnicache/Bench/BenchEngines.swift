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

/// The products of a model by every engine that this build and CPU have, all ranks at once.
/// - Parameters:
///   - threads: of each rank; default: its share of the cores.
///   - seconds: how long each is measured.
/// - Returns: each rank's, on every rank.
/// - Throws: `TransportError`.
func measureProducts(
    _ products: [MatrixProduct], precisions: [Precision] = Precision.allCases, threads: Int?,
    seconds: Double = 0.3, _ session: RankSession
) throws -> [[ProductRate]] {
    for warning in engineEnvironmentWarnings() { session.say("omnicache: warning: \(warning)") }
    let communicator = session.communicator
    let threads = try threads ?? RankModel.threadsPerRank(communicator)
    try communicator.barrier()
    var rates: [ProductRate] = []
    for choice in [EngineChoice.openblas, .onednn] {
        for precision in precisions {
            // What this build or CPU lacks is left out of the table.
            guard let engine = try? makeEngine(choice, precision: precision, threads: threads) else {
                continue
            }
            for product in products {
                rates.append(
                    ProductRate(
                        product: product, engine: engine.description,
                        flopsPerSecond: product.flopsPerSecond(with: engine, for: seconds)))
            }
        }
    }
    return try communicator.allGather(rates)
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
