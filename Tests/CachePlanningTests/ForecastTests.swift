import Testing

@testable import CachePlanning

/// Forecasts of residuals, and what a calibration along a mask makes of them.
@Suite(.serialized)
struct ForecastTests {
    @Test func weightsAreThoseOfThePolynomial() {
        #expect(ResidualForecast.weights(at: 7, through: [6, 4, 1], order: 0) == [1])
        // Along the last change: 1 + 1/2 and −1/2.
        #expect(ResidualForecast.weights(at: 7, through: [6, 4, 1], order: 1) == [1.5, -0.5])
        #expect(ResidualForecast.weights(at: 3, through: [2, 1, 0], order: 2) == [3, -3, 1])
        #expect(ResidualForecast.weights(at: 3, through: [2], order: 3) == [1])
        #expect(ResidualForecast.weights(at: 3, through: [], order: 2) == [])
    }

    @Test(arguments: 0...ResidualForecast.highestOrder)
    func polynomialsOfTheOrderAreForecastExactly(order: Int) {
        let steps = [11, 9, 8, 5]
        func value(_ step: Int) -> Double {
            (0...order).reduce(0) { $0 * Double(step) / 10 + Double($1 + 1) }
        }
        let weights = ResidualForecast.weights(at: 13, through: steps, order: order)
        let forecast = zip(weights, steps).reduce(0.0) { $0 + Double($1.0) * value($1.1) }
        #expect(abs(forecast - value(13)) < 1e-5 * abs(value(13)))
    }

    /// Computed 1, 1, 1 at "CCRC": the forecast misses by q = 2 at step 1 and by 3 at step 2, so γ = 3/2 leaves nothing.
    @Test func correctionIsFittedToTheNoise() throws {
        let mask = try ReuseMask(computed: [true, true, false, true])
        var errors = ForecastErrors(mask)
        for (step, forecast) in [1: Float(3), 2: 4, 3: 9].sorted(by: { $0.key < $1.key }) {
            errors.record(step: step, computed: [1], forecasts: [1: [forecast]])
        }
        let fits = ForecastFit.all(mask, [errors])
        #expect(fits.map(\.correction.forecastOrder) == [0, 0, 1, 1, 2, 2, 3, 3])
        #expect(fits[2].correction.source == .none && fits[2].energies == [0, 0, 9, 0])
        #expect(fits[3].correction.source == .shadow && fits[3].correction.gamma == [0, 0, 1.5, 0])
        #expect(fits[3].energies == [0, 0, 0, 0])
        #expect(fits[2].endEnergy(of: mask, gains: [1, 1, 2, 1]) == 36)
    }

    @Test func planTakesItsForecast() throws {
        let mask = try ReuseMask(computed: [true, true, false, true])
        let run = PlanSubject(steps: 4, scheduler: "ddim", guidance: 2, modelHash: "m")
        let plan = try CachePlan.make(
            policy: .uniform, rules: SelectionRules(reuseFraction: 0.25), for: run, calibration: nil)
        #expect(plan.mask == mask)
        var errors = ForecastErrors(mask)
        errors.record(step: 2, computed: [2], forecasts: [2: [5]])
        let made = try plan.forecasting(
            ForecastFit.all(mask, [errors])[4], outputEnergies: [1, 1, 4, 1], errors: [0.3, 0.1])
        #expect(made.correction.forecastOrder == 2 && made.expectedError == [0, 0, 1.5, 0])
        #expect(abs(made.predictedError - 0.05.squareRoot()) < 1e-12)
        #expect(abs(made.predictedSpread - 0.1) < 1e-12)
        let read = try CachePlan(json: made.json())
        #expect(read == made && read.contentHash == made.contentHash)
        #expect(try plan.correcting(made.correction).contentHash != plan.contentHash)
    }

    /// Noise that grows with the square of the age: a line misses it by ages 1 and 2, a parabola does not.
    @Test func calibrationAddsUpNoisesAsForecastsDo() throws {
        var accumulator = CalibrationAccumulator(
            steps: 6, channels: 1, height: 1, width: 1, schedulerGains: Array(repeating: 1, count: 6))
        for point in 0...6 { accumulator.record(point: point, values: [Float(point * point)]) }
        for step in 0..<6 {
            let reused = (0..<step).reduce(into: [Int: [Float]]()) {
                $0[step - $1] = [Float((step - $1) * (step - $1))]
            }
            accumulator.record(step: step, output: [0], reusedOutputs: reused)
        }
        let summary = try accumulator.finish()
        func energy(_ order: Int, step: Int, age: Int, spacing: Int) -> Double {
            summary.forecastEnergies[order - 1][
                NoiseCorrelation.index(step: step, age: age, spacing: spacing)]
        }
        // 2 · 1² − 1 · 2² = −2, and 3 · 1 − 3 · 4 + 9 = 0.
        #expect(energy(1, step: 5, age: 1, spacing: 1) == 4)
        #expect(abs(energy(2, step: 5, age: 1, spacing: 1)) < 1e-9)
        // Weights 3/2 and −1/2: 3/2 · 1 − 1/2 · 9 = −3.
        #expect(energy(1, step: 5, age: 1, spacing: 2) == 9)
        // Only step 0 is known at step 2 and age 2: the residual as it is.
        #expect(energy(2, step: 2, age: 2, spacing: 1) == 16)
        // Steps 1 and 0 at step 2 and age 1: a line, whatever the order.
        #expect(energy(2, step: 2, age: 1, spacing: 1) == energy(1, step: 2, age: 1, spacing: 1))
    }
}
