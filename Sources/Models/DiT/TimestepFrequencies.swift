import Platform
import Tensors

/// The sinusoids of a timestep: diffusers' `Timesteps(256, flip_sin_to_cos=True, downscale_freq_shift=1)`.
///
/// The exponent is k/127 for k = 0 … 127, not the k/128 of the original DiT.
enum TimestepFrequencies {
    /// Length of the embedding.
    static let count = 256

    /// [1, 1, 256] f32: cosines, then sines.
    static func embedding(timestep: Double) -> Tensor {
        let half = count / 2
        let logarithm = Float(-log(10_000.0))
        let embedding = Tensor(zeros: [1, 1, count])
        var elements = embedding.mutableElements
        for k in 0..<half {
            // Angles reach 999, where f32 is coarse: round where diffusers rounds.
            let frequency = Float(exp(Double(logarithm * Float(k) / Float(half - 1))))
            let angle = Double(Float(timestep) * frequency)
            elements[k] = Float(cos(angle))
            elements[half + k] = Float(sin(angle))
        }
        return embedding
    }
}
