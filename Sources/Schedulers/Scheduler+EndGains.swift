extension Scheduler {
    /// How far the final sample moves for a unit of error in the model's output of each step, all other outputs held
    /// fixed: what the updates alone make of it, noise left out.
    ///
    /// For DDIM in the coordinates x/√ᾱ that is σ_i − σ_{i+1} with σ = √(1−ᾱ)/√ᾱ; DPM-Solver++ spreads an error over
    /// the next step, too. Updates are linear, so a small error is sent through them, at which nothing is clipped.
    /// - Returns: [S], not negative.
    /// - Complexity: S² updates of one number.
    public func endGains() -> [Double] {
        let small: Float = 1e-3
        var before = SchedulerHistory()
        return timesteps.indices.map { wrong in
            var history = before
            var sample: [Float] = [0]
            for step in wrong..<timesteps.count {
                let output = step == wrong ? small : 0
                self.step(
                    step, sample: &sample, modelOutput: [output], variance: [0], noise: [0],
                    history: &history)
            }
            // Up to the next error all is 0: only the history grows.
            var zero: [Float] = [0]
            step(wrong, sample: &zero, modelOutput: [0], variance: [0], noise: [0], history: &before)
            return Double(abs(sample[0] / small))
        }
    }
}
