import Platform

/// σ = √((1 − ᾱ)/ᾱ) at each timestep of training, and the way back from a σ to a timestep.
struct TrainedSigmas: Sendable {
    /// Rising, one for each timestep.
    let values: [Float]
    private let logarithms: [Float]

    init(_ schedule: NoiseSchedule) {
        var alphaBar = schedule.alphaBar
        // As diffusers: not 0, where σ would be infinite.
        if alphaBar[alphaBar.count - 1] == 0 { alphaBar[alphaBar.count - 1] = 0x1p-24 }
        values = alphaBar.map { ((1 - $0) / $0).squareRoot() }
        logarithms = values.map { log($0) }
    }

    /// The first and the last timestep's, as a sampler meets them: highest first.
    var ends: (first: Double, last: Double) { (Double(values[values.count - 1]), Double(values[0])) }

    /// σ at a timestep in 0 … T − 1, on a line between whole ones.
    func sigma(at timestep: Double) -> Double {
        let low = min(Int(timestep), values.count - 1)
        let below = Double(values[low])
        guard low + 1 < values.count, timestep > Double(low) else { return below }
        return (Double(values[low + 1]) - below) * (timestep - Double(low)) + below
    }

    /// The timestep at which σ is met, on a line in log σ between whole ones; the nearest end's beyond them.
    func timestep(of sigma: Double) -> Double {
        let logarithm = log(max(sigma, 1e-10))
        // The last timestep whose σ is not above: the values rise.
        var (low, high) = (0, logarithms.count)
        while high - low > 1 {
            let middle = (low + high) / 2
            if Double(logarithms[middle]) <= logarithm { low = middle } else { high = middle }
        }
        guard logarithms.count > 1 else { return 0 }
        low = min(low, logarithms.count - 2)
        let width = Double(logarithms[low] - logarithms[low + 1])
        let share = width == 0 ? 0 : (Double(logarithms[low]) - logarithm) / width
        let inside = min(max(share, 0), 1)
        return (1 - inside) * Double(low) + inside * Double(low + 1)
    }
}
