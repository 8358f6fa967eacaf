/// A noise correction at work on latents of one shape.
public struct NoiseCorrector: Sendable {
    /// The correction.
    public let correction: NoiseCorrection
    private let splitter: BandSplitter

    /// The correction for outputs [C, H, W].
    public init(_ correction: NoiseCorrection, channels: Int, height: Int, width: Int) {
        self.correction = correction
        splitter = BandSplitter(correction.filter, channels: channels, height: height, width: width)
    }

    /// Takes F_i(γ_i q) off ε̃_i, in place.
    /// - Parameters:
    ///   - reusedOutput: [C, H, W] ε̃_i, guided: what reuse predicts at step i.
    ///   - step: i.
    ///   - lastQ: [C, H, W] q as the correction's source defines it, at the last computed step before i.
    /// - Complexity: two products with a cosine basis each way if there is a filter, else C · H · W.
    public func correct(_ reusedOutput: inout [Float], step: Int, lastQ: [Float]) {
        precondition(
            reusedOutput.count == splitter.count && lastQ.count == splitter.count,
            "outputs of \(reusedOutput.count) and \(lastQ.count) numbers, expected \(splitter.count)")
        let gamma = Float(correction.gamma[step])
        if gamma == 0 { return }
        let noise = splitter(lastQ, step: step)
        for index in noise.indices { reusedOutput[index] -= gamma * noise[index] }
    }
}
