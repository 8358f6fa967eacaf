/// How long a run may stand still before it is taken for lost.
public struct Patience: Sendable, Equatable {
    /// The longest silence while all ranks give signs of work; nil: none is too long.
    public let limit: Duration?
    /// The same while one of them does what gives none: reads a model, plans, writes.
    public let limitAway: Duration?

    /// Patience for a run.
    /// - Parameter asked: the longest silence while micro-batches go through the pipeline; default: 60 s. What is not
    ///   the pipeline has ten minutes, or ten times this if that is longer.
    public init(asked: Duration? = nil) {
        self.init(limit: asked ?? .seconds(60), away: max(.seconds(600), (asked ?? .zero) * 10))
    }

    /// Patience of the given limits.
    public init(limit: Duration, away: Duration) {
        self.limit = limit
        limitAway = away
    }

    private init() { (limit, limitAway) = (nil, nil) }

    /// For ranks that cannot be lost.
    public static let endless = Patience()
}
