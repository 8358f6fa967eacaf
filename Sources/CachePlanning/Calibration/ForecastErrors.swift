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

/// A forecast that a plan may take, fitted to a calibration along its mask.
public struct ForecastFit: Sendable, Equatable {
    /// The forecast's order, and γ of its correction by the shadow pass.
    public let correction: NoiseCorrection
    /// [S]: mean ‖error‖² of the prediction at each reused step.
    let energies: [Double]

    /// Every order, each without and with a correction.
    /// - Parameter trajectories: at least one, all along the mask.
    public static func all(_ mask: ReuseMask, _ trajectories: [ForecastErrors]) -> [ForecastFit] {
        (0...ResidualForecast.highestOrder).flatMap { order in
            [false, true].map { ForecastFit(mask, trajectories, order: order, isCorrected: $0) }
        }
    }

    private init(_ mask: ReuseMask, _ trajectories: [ForecastErrors], order: Int, isCorrected: Bool) {
        func mean(_ numbers: KeyPath<ForecastErrors, [[Double]]>, _ step: Int) -> Double {
            trajectories.reduce(0) { $0 + $1[keyPath: numbers][order][step] } / Double(trajectories.count)
        }
        var gamma = Array(repeating: 0.0, count: mask.steps)
        var left = gamma
        for step in 0..<mask.steps where !mask.computed[step] {
            left[step] = mean(\.plain, step)
            let (cross, energy) = (mean(\.crosses, step), mean(\.energies, step))
            guard isCorrected, energy > 0, abs(cross / energy) <= Self.largestGamma else { continue }
            gamma[step] = cross / energy
            left[step] = max(0, left[step] - cross * cross / energy)
        }
        correction = NoiseCorrection(
            source: isCorrected ? .shadow : .none, gamma: gamma, filter: .identity, forecastOrder: order)
        energies = left
    }

    /// Beyond it a q is too small to tell anything.
    private static let largestGamma = 10.0

    /// ‖change of the final latent‖² that is expected of it: the errors of a run of reused steps add up.
    /// - Parameter gains: [S], of each step's error on the final latent.
    public func endEnergy(of mask: ReuseMask, gains: [Double]) -> Double {
        mask.runs.reduce(0) { sum, run in
            let change = run.reduce(0.0) { $0 + gains[$1] * energies[$1].squareRoot() }
            return sum + change * change
        }
    }
}

extension CachePlan {
    /// The same mask with another correction, of which nothing is expected yet.
    /// - Throws: `PlanError` (malformed) for numbers that are not sound.
    public func correcting(_ correction: NoiseCorrection) throws(PlanError) -> CachePlan {
        var plan = CachePlan(
            policy: policy, subject: subject, mask: mask, scores: scores, correction: correction,
            expectedError: Array(repeating: 0, count: steps), predictedError: 0, predictedSpread: 0,
            calibration: calibration)
        plan.outputScale = outputScale
        return try plan.checked()
    }

    /// The same mask with another forecast and correction.
    /// - Parameters:
    ///   - outputEnergies: [S], mean ‖ε_i‖².
    ///   - errors: ‖error‖ / ‖x_S‖ of the final latents of calibration's images, drawn so.
    /// - Throws: `PlanError` (malformed) for numbers that are not sound.
    public func forecasting(
        _ fit: ForecastFit, outputEnergies: [Double], errors: [Double]
    ) throws(PlanError) -> CachePlan {
        let count = Double(max(1, errors.count))
        let mean = errors.reduce(0, +) / count
        let spread = (errors.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
        var plan = CachePlan(
            policy: policy, subject: subject, mask: mask, scores: scores, correction: fit.correction,
            expectedError: zip(fit.energies, outputEnergies).map { $1 > 0 ? ($0 / $1).squareRoot() : 0 },
            predictedError: (errors.reduce(0) { $0 + $1 * $1 } / count).squareRoot(),
            predictedSpread: spread, calibration: calibration)
        plan.outputScale = outputScale
        return try plan.checked()
    }
}
