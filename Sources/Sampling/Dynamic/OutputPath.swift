/// How an image's prediction changes along its way: what EasyCache's signal is made of (arXiv 2507.02860).
struct OutputPath {
    /// A step's latent and the prediction that it took.
    private struct Place {
        var latent: [Float]?
        var output: [Float]?

        /// Takes copies, in memory of its own.
        mutating func copy(_ latent: [Float], _ output: [Float]) {
            self.latent.copy(latent)
            self.output.copy(output)
        }
    }

    private var last = Place()
    private var lastComputed = Place()
    /// k = mean|y_j − y_l| / mean|x_j − x_l| of the last two computed steps.
    private var rate: Double?
    /// mean|y_i − y_{i−1}| / mean|y_{i−1}| of the last two steps, reused or not; NaN after the first.
    private(set) var outputChange = Float.nan

    /// Takes in a step: the latent before it, and the prediction that it took.
    mutating func take(latent: [Float], output: [Float], isComputed: Bool) {
        outputChange = last.output.map { relativeChange(output.span, from: $0.span) } ?? .nan
        last.copy(latent, output)
        guard isComputed else { return }
        if let before = lastComputed.latent {
            rate = meanDistance(output, lastComputed.output) / meanDistance(latent, before)
        }
        lastComputed.copy(latent, output)
    }

    /// k·mean|x_i − x_{i−1}| / mean|y_j| of the step whose latent is given; NaN where k is not known.
    func expectedChange(at latent: [Float]) -> Float {
        guard let rate, let before = last.latent, let output = lastComputed.output else { return .nan }
        return Float(rate * meanDistance(latent, before) / meanDistance(output, nil))
    }
}

/// mean|a − b|; b = 0 where there is none.
private func meanDistance(_ a: [Float], _ b: [Float]?) -> Double {
    var sum = 0.0
    for index in a.indices { sum += Double(abs(a[index] - (b?[index] ?? 0))) }
    return sum / Double(max(1, a.count))
}
