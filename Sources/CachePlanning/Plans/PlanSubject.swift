/// The run that a plan is made for.
public struct PlanSubject: Sendable, Equatable {
    /// Steps, S.
    public var steps: Int
    /// The scheduler, in words of the caller's that tell two schedulers apart.
    public var scheduler: String
    /// The guidance scale.
    public var guidance: Double
    /// The model's hash.
    public var modelHash: String

    /// A run of the given parts.
    public init(steps: Int, scheduler: String, guidance: Double, modelHash: String) {
        self.steps = steps
        self.scheduler = scheduler
        self.guidance = guidance
        self.modelHash = modelHash
    }
}
