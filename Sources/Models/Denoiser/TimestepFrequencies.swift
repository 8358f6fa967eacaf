import Platform
import Tensors

/// The sinusoids of a time (arXiv 1706.03762, section 3.5, its two halves apart): diffusers' `Timesteps(width,
/// flip_sin_to_cos=True, downscale_freq_shift=shift)`.
enum TimestepFrequencies {
    /// [1, width] f32: cosines, then sines of time · 10000^(−k / (width/2 − shift)) for k = 0 … width/2 − 1.
    /// - Parameter width: even.
    static func embedding(time: Double, width: Int, shift: Int = 0) -> Tensor {
        precondition(
            width % 2 == 0 && width / 2 > shift, "TimestepFrequencies: width \(width), shift \(shift)")
        let half = width / 2
        let logarithm = Float(-log(10_000.0))
        let embedding = Tensor(zeros: [1, width])
        var elements = embedding.mutableElements
        for k in 0..<half {
            // Angles reach 1000, where f32 is coarse: round where diffusers rounds.
            let frequency = Float(exp(Double(logarithm * Float(k) / Float(half - shift))))
            let angle = Double(Float(time) * frequency)
            elements[k] = Float(cos(angle))
            elements[half + k] = Float(sin(angle))
        }
        return embedding
    }
}
