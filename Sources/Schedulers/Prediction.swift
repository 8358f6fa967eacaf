extension SchedulerConfiguration.PredictionType {
    /// x₀ as the model's output implies it.
    ///
    /// - Parameters:
    ///   - output: [n], the model's, guided.
    ///   - sample: [n], x_t.
    ///   - signal: √ᾱ_t.
    ///   - noise: √(1 − ᾱ_t).
    func original(output: [Float], sample: [Float], signal: Float, noise: Float) -> [Float] {
        switch self {
        case .epsilon: combine(sample, output) { ($0 - noise * $1) / signal }
        case .velocity: combine(sample, output) { signal * $0 - noise * $1 }
        case .sample: output
        }
    }

    /// ε as the model's output implies it; parameters as `original`.
    func noise(output: [Float], sample: [Float], signal: Float, noise: Float) -> [Float] {
        switch self {
        case .epsilon: output
        case .velocity: combine(sample, output) { signal * $1 + noise * $0 }
        case .sample: combine(sample, output) { ($0 - signal * $1) / noise }
        }
    }
}

/// `function` of each pair of elements.
@inline(__always)
func combine(_ first: [Float], _ second: [Float], _ function: (Float, Float) -> Float) -> [Float] {
    precondition(first.count == second.count, "\(first.count) numbers against \(second.count)")
    return first.indices.map { function(first[$0], second[$0]) }
}

/// Each element, at most `range` from 0.
func clip(_ values: [Float], to range: Float) -> [Float] {
    values.map { $0 > range ? range : $0 < -range ? -range : $0 }
}
