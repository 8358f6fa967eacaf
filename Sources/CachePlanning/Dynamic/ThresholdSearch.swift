/// Looks for the threshold at which a dynamic policy computes so many steps, by trying.
///
/// Fewer steps are computed the higher the threshold is, though the path changes with what is reused and the number
/// may go up again a little: the nearest of all that were tried is taken, the cheaper one of equally near ones. From the
/// guess the search goes up or down in ratios that are squared each time until the target lies between two
/// thresholds, and then halves their ratio.
public struct ThresholdSearch: Sendable {
    private static let mostTries = 24
    private static let firstRatio = 1.25
    /// Two thresholds nearer to each other than that decide alike but by chance.
    private static let leastRatio = 1.001
    /// What a rule may have.
    private static let range = 1e-12...1e9
    /// How near is near enough, as a share of the target.
    private static let tolerance = 0.01

    private let target: Double
    private let guess: Double
    /// The highest threshold found to compute more than the target, and the lowest that does not.
    private var low: Double?
    private var high: Double?
    private var ratio = firstRatio
    private var tries = 0
    /// The nearest threshold so far, and the steps that were computed there.
    public private(set) var best: (threshold: Double, computed: Double)?

    /// - Parameters:
    ///   - target: computed steps of an image, on average.
    ///   - guess: where to begin.
    public init(target: Double, guess: Double) {
        self.target = target
        self.guess =
            guess.isFinite ? min(max(guess, Self.range.lowerBound), Self.range.upperBound) : 1
    }

    /// What to try next; nothing when it is over.
    public var next: Double? {
        if let best, abs(best.computed - target) <= Self.tolerance * target { return nil }
        guard tries < Self.mostTries else { return nil }
        switch (low, high) {
        case (nil, nil): return guess
        case (let low?, nil):
            return low < Self.range.upperBound ? min(low * ratio, Self.range.upperBound) : nil
        case (nil, let high?):
            return high > Self.range.lowerBound ? max(high / ratio, Self.range.lowerBound) : nil
        case (let low?, let high?): return high > low * Self.leastRatio ? (low * high).squareRoot() : nil
        }
    }

    /// Takes in what came of ``next``.
    public mutating func found(computed: Double) {
        guard let threshold = next else { return }
        let isNearer =
            best.map {
                (abs(computed - target), computed) < (abs($0.computed - target), $0.computed)
            } ?? true
        if isNearer { best = (threshold, computed) }
        if tries > 0, low == nil || high == nil { ratio *= ratio }
        tries += 1
        if computed <= target { high = threshold } else { low = threshold }
    }
}
