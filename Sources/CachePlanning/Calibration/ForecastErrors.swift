/// What forecasts of each order get wrong along a trajectory that is computed throughout, at the steps that a mask
/// reuses, from the residuals of those that it computes.
public struct ForecastErrors: Sendable, Codable, Equatable {
    /// [order][S]: ‖n_i‖², n = the forecast's prediction less the computed one.
    private(set) var plain: [[Double]]
    /// [order][S]: ⟨n_i, q_j⟩, q_j the same at the last computed step before i.
    private(set) var crosses: [[Double]]
    /// [order][S]: ‖q_j‖².
    private(set) var energies: [[Double]]
    /// The final latent, [C·H·W].
    public var final: [Float] = []
    private let mask: ReuseMask
    /// By order: q at the last step that the mask computes; needed only while recording.
    private var lastNoise: [Int: [Float]] = [:]

    private enum CodingKeys: String, CodingKey {
        case plain, crosses, energies, final, mask
    }

    /// Nothing recorded yet.
    public init(_ mask: ReuseMask) {
        let zeros = Array(repeating: 0.0, count: mask.steps)
        plain = Array(repeating: zeros, count: ResidualForecast.highestOrder + 1)
        (crosses, energies) = (plain, plain)
        self.mask = mask
    }

    /// Records a step; steps come in order.
    /// - Parameters:
    ///   - computed: [C·H·W], the guided prediction.
    ///   - forecasts: by order, where one can be made, the predictions that reuse would have made.
    public mutating func record(step: Int, computed: [Float], forecasts: [Int: [Float]]) {
        for (order, forecast) in forecasts {
            let noise = zip(forecast, computed).map { $0 - $1 }
            if mask.computed[step] {
                lastNoise[order] = noise
                continue
            }
            plain[order][step] = innerProduct(noise, noise)
            if let q = lastNoise[order] {
                crosses[order][step] = innerProduct(noise, q)
                energies[order][step] = innerProduct(q, q)
            }
        }
    }
}
