extension SchedulerConfiguration.PredictionType {
    /// A number of x₀ as the model's output implies it.
    ///
    /// - Parameters:
    ///   - output: the model's, guided.
    ///   - sample: of x_t.
    ///   - signal: √ᾱ_t; 1 − σ of a flow.
    ///   - noise: √(1 − ᾱ_t); σ of a flow.
    @inline(__always)
    func original(output: Float, sample: Float, signal: Float, noise: Float) -> Float {
        switch self {
        case .epsilon: (sample - noise * output) / signal
        case .velocity: signal * sample - noise * output
        case .sample: output
        case .flow: sample - noise * output
        }
    }

    /// A number of ε as the model's output implies it; parameters as `original`.
    @inline(__always)
    func noise(output: Float, sample: Float, signal: Float, noise: Float) -> Float {
        switch self {
        case .epsilon: output
        case .velocity: signal * output + noise * sample
        case .sample: (sample - signal * output) / noise
        case .flow: sample + signal * output
        }
    }
}

/// A number, at most `range` from 0.
@inline(__always)
func clip(_ value: Float, to range: Float) -> Float {
    value > range ? range : value < -range ? -range : value
}

/// Stops where an array that a step needs does not have the sample's length.
func expect(_ values: [Float], _ name: String, of sample: [Float]) {
    precondition(
        values.count == sample.count, "\(name) of \(values.count) numbers for a sample of \(sample.count)")
}
