public import Tensors

/// What a stage's modules add at another step than the one they are computed at: their outputs under the gates of that
/// step, summed up.
public struct GatedSum {
    /// Of that other step, for the same M images.
    public let conditioning: Conditioning
    /// [M, N, D] f32: what the stages before have summed up, to which the blocks add.
    public let sum: Tensor

    /// A sum for the given step.
    public init(_ conditioning: Conditioning, _ sum: Tensor) {
        self.conditioning = conditioning
        self.sum = sum
    }
}
