/// Looks for the threshold at which a dynamic policy computes so many steps, by trying.
///
/// Fewer steps are computed the higher the threshold is, though the path changes with what is reused and the number
/// may go up again a little: the nearest of all that were tried is taken, the cheaper one of equally near ones.
public struct ThresholdSearch: Sendable {
    private static let mostDoublings = 10
    private static let halvings = 8

    private let target: Double
    private let tolerance: Double
    private var low = 0.0
    private var high: Double
    private var isBounded = false
    private var tries = 0
    /// The nearest threshold so far, and the steps that were computed there.
    public private(set) var best: (threshold: Double, computed: Double)?

    /// - Parameters:
    ///   - target: computed steps of an image, on average.
    ///   - guess: a threshold that is probably high enough.
    ///   - tolerance: how near is near enough, in steps.
    public init(target: Double, guess: Double, tolerance: Double = 0.125) {
        self.target = target
        self.tolerance = tolerance
        high = guess.isFinite && guess > 0 ? guess : 1
    }

    /// What to try next; nothing when it is over.
    public var next: Double? {
        if let best, abs(best.computed - target) <= tolerance { return nil }
        if !isBounded { return tries < Self.mostDoublings ? high : nil }
        return tries < Self.halvings ? (low + high) / 2 : nil
    }

    /// Takes in what came of ``next``.
    public mutating func found(computed: Double) {
        guard let threshold = next else { return }
        let isNearer =
            best.map {
                (abs(computed - target), computed) < (abs($0.computed - target), $0.computed)
            } ?? true
        if isNearer { best = (threshold, computed) }
        tries += 1
        if !isBounded {
            if computed <= target {
                isBounded = true
                tries = 0
            } else {
                (low, high) = (high, 2 * high)
            }
        } else if computed <= target {
            high = threshold
        } else {
            low = threshold
        }
    }
}
