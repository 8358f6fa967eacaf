/// A forecast that a plan may take, fitted to a calibration along its mask.
public struct ForecastFit: Sendable, Equatable {
    /// The forecast's order, and γ of its correction by the shadow pass.
    public let correction: NoiseCorrection
    /// [S]: mean ‖error‖² of the prediction at each reused step.
    let energies: [Double]

    /// How many fits a mask has.
    public static let count = 2 * (ResidualForecast.highestOrder + 1)

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
