/// What one rank did in a run.
public struct RankTrace: Codable, Sendable, Equatable {
    /// A piece of time spent on one thing; spans may lie within spans.
    public struct Span: Codable, Sendable, Equatable {
        /// What for.
        public var category: SpanCategory
        /// The step of the trajectory, if it belongs to one.
        public var step: Int?
        /// The image group, if it belongs to one.
        public var group: Int?
        /// Seconds since the rank's origin.
        public var startSeconds: Double
        /// How long, spans within it included.
        public var seconds: Double
    }

    /// What one step of the trajectory cost this rank, over all image groups.
    public struct Step: Codable, Sendable, Equatable {
        /// Seconds in spans of this step, except `wait` and `send`.
        public var busySeconds = 0.0
        /// Payload of the activations that this rank sent.
        public var activationBytes = 0
        /// Messages that carried them.
        public var activationMessages = 0
    }

    /// The rank.
    public var rank: Int
    /// The host it ran on.
    public var hostName: String
    /// When recording began, in seconds since 1970 by the host's clock.
    public var originSeconds: Double
    /// From the origin to the summary.
    public var elapsedSeconds: Double
    /// Seconds by category.
    ///
    /// A span's time counts once, for the innermost span, so that they add up.
    public var secondsByCategory: [SpanCategory: Double]
    /// Counters by step.
    public var steps: [Step]
    /// All other bytes of the messages that this rank sent while sampling: their headers, latents, pictures.
    ///
    /// What the ranks agree on before the first message and gather after the last is not counted.
    public var controlBytes: Int
    /// The most memory that the process has held in RAM, in bytes; 0 if unknown.
    public var peakResidentBytes: Int
    /// All spans in the order they ended; empty unless the recorder was told to keep them.
    public var spans: [Span]

    /// Seconds spent on `category`, spans of other categories within it left out.
    public func seconds(_ category: SpanCategory) -> Double { secondsByCategory[category] ?? 0 }

    /// Activation bytes that this rank sent in all steps.
    public var activationBytes: Int { steps.reduce(0) { $0 + $1.activationBytes } }

    /// Activation messages that this rank sent in all steps.
    public var activationMessages: Int { steps.reduce(0) { $0 + $1.activationMessages } }
}
