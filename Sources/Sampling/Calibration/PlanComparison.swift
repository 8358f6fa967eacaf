import Platform
import Schedulers

/// How near to the uncached final latents calibration's images end under a plan, and under the best of the plain
/// samplers that cost as much.
public struct PlanComparison: Codable, Sendable, Equatable {
    /// Of the plan: the mean over images of log(‖error‖ / ‖x_S‖).
    public let plan: Double
    /// The same of the best plain sampler.
    public let plain: Double
    /// That sampler's steps, all computed.
    public let plainSteps: Int
    /// That sampler.
    public let plainScheduler: SchedulerConfiguration

    /// Whether reuse does worse than plain steps.
    public var isBehind: Bool { plan > plain }

    /// The plan's distance in decibels; more is nearer.
    public var planDecibels: Double { Self.decibels(plan) }
    /// The plain sampler's.
    public var plainDecibels: Double { Self.decibels(plain) }

    private static func decibels(_ logarithm: Double) -> Double { -20 * logarithm / log(10) }
}
