import Schedulers
import Testing

struct EndGainTests {
    /// In the coordinates x/√ᾱ DDIM adds (σ_i − σ_{i+1}) ε, σ = √(1−ᾱ)/√ᾱ.
    @Test(arguments: [1, 7, 50])
    func areDifferencesOfSigmaForDDIM(steps: Int) throws {
        var configuration = SchedulerConfiguration(.ddim)
        configuration.clipsSample = false
        let scheduler = try makeScheduler(configuration, steps: steps)
        let signal = (0...steps).map { scheduler.scales(beforeStep: $0).signal }
        let sigma = signal.map { (1 - $0 * $0).squareRoot() / $0 }
        for (step, gain) in scheduler.endGains().enumerated() {
            let expected = signal[steps] * (sigma[step] - sigma[step + 1])
            #expect(abs(gain - expected) <= 1e-4 * expected, "step \(step)")
        }
    }

    /// An error of DPM-Solver++ at order 2 comes back at the next step: what a whole run makes of it is known by
    /// running it twice.
    @Test func areWhatARunMakesOfAnError() throws {
        var configuration = SchedulerConfiguration(.dpmSolverPlusPlus)
        configuration.clipsSample = false
        let scheduler = try makeScheduler(configuration, steps: 9)
        func end(_ wrong: Int?) -> Float {
            var history = SchedulerHistory()
            var sample: [Float] = [0.3]
            for step in scheduler.timesteps.indices {
                let output: Float = step == wrong ? 0.325 : 0.2
                scheduler.step(
                    step, sample: &sample, modelOutput: [output], variance: nil, noise: nil,
                    history: &history)
            }
            return sample[0]
        }
        for (step, gain) in scheduler.endGains().enumerated() {
            let found = Double(abs(end(step) - end(nil)) / 0.125)
            #expect(abs(found - gain) <= 1e-3 * max(gain, 0.01), "step \(step)")
        }
    }
}
