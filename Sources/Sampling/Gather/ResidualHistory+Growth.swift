import Tensors

extension ResidualHistory {
    /// [rows]: the mean over tokens of ‖r_i‖ / ‖r_{i−1}‖ in a part whose newest residual has just been written, a
    /// residual of [rows, N, D]; nothing at the first computed step.
    func growth(part: Int) -> [Double]? {
        guard !rememberedSteps.isEmpty else { return nil }
        let (new, old) = (self[part], self[part, back: 1])
        return (0..<new.shape[0]).map { meanNormRatio(new[$0], to: old[$0]) }
    }
}

/// The mean over tokens [N, D] of ‖a‖ / ‖b‖; a token of which nothing was added before counts as 1.
private func meanNormRatio(_ a: Tensor, to b: Tensor) -> Double {
    let (tokens, width) = (a.shape[0], a.shape[1])
    let (new, old) = (a.values, b.values)
    func energy(_ values: [Float], _ token: Int) -> Double {
        values[(token * width)..<((token + 1) * width)].reduce(0) { $0 + Double($1) * Double($1) }
    }
    let sum = (0..<tokens).reduce(0.0) { sum, token in
        let before = energy(old, token)
        return sum + (before > 0 ? (energy(new, token) / before).squareRoot() : 1)
    }
    return sum / Double(tokens)
}
