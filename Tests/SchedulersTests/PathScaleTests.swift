import Schedulers
import Testing

/// The coordinates in which a trajectory is looked at.
@Suite(.serialized) struct PathScaleTests {
    private static func configuration(
        _ kind: SchedulerConfiguration.Kind, flow: Bool = false, endsAtNoise: Bool = false
    ) -> SchedulerConfiguration {
        var configuration = SchedulerConfiguration(kind)
        if flow {
            configuration.flow = FlowSchedule()
            configuration.prediction = .flow
        }
        if endsAtNoise {
            configuration.endsAtNoise = true
            configuration.prediction = .velocity
            configuration.spacing = .trailing
        }
        return configuration
    }

    static let configurations =
        SchedulerConfiguration.Kind.allCases.map { configuration($0) }
        + [
            configuration(.uniPC, flow: true), configuration(.dpmSolverPlusPlus, flow: true),
            configuration(.ddim, endsAtNoise: true), configuration(.ddpm, endsAtNoise: true),
        ]

    @Test("while the model says the same x₀ and ε the path is straight", arguments: configurations)
    func straight(_ configuration: SchedulerConfiguration) throws {
        let scheduler = try makeScheduler(configuration, steps: 9)
        let (original, epsilon) = ((0.5, -1.5), (1.25, 0.75))
        let points = (0...9).map { step in
            let (signal, noise) = scheduler.scales(beforeStep: step)
            let scale = scheduler.pathScale(beforeStep: step)
            return (
                scale * (signal * original.0 + noise * epsilon.0),
                scale * (signal * original.1 + noise * epsilon.1)
            )
        }
        let (x, y) = (points[9].0 - points[0].0, points[9].1 - points[0].1)
        let length = (x * x + y * y).squareRoot()
        #expect(length > 0.1 && length.isFinite)
        for point in points {
            let off = (point.0 - points[0].0) * y - (point.1 - points[0].1) * x
            #expect(abs(off) <= 1e-6 * length * length, "\(configuration.kind)")
        }
    }

    @Test("a flow's is the sample itself, from a start without signal")
    func flow() throws {
        let scheduler = try makeScheduler(Self.configuration(.flowMatchEuler), steps: 5)
        #expect(scheduler.scales(beforeStep: 0) == (0, 1))
        #expect(scheduler.scales(beforeStep: 5) == (1, 0))
        #expect((0...5).map(scheduler.pathScale) == [1, 1, 1, 1, 1, 1])
    }

    @Test("that of ᾱ is x/√ᾱ unless ᾱ begins at 0")
    func variancePreserving() throws {
        let plain = try makeScheduler(Self.configuration(.ddim), steps: 5)
        #expect(
            (0...5).allSatisfy { plain.pathScale(beforeStep: $0) == 1 / plain.scales(beforeStep: $0).signal })
        let rescaled = try makeScheduler(Self.configuration(.ddim, endsAtNoise: true), steps: 5)
        #expect(rescaled.scales(beforeStep: 0) == (0, 1))
        #expect(rescaled.pathScale(beforeStep: 0) == 1)
    }

    /// Of Euler along a flow, the widths of its steps.
    @Test func endGainsOfAFlow() throws {
        let scheduler = try makeScheduler(Self.configuration(.flowMatchEuler), steps: 7)
        for (step, gain) in scheduler.endGains().enumerated() {
            let width =
                scheduler.scales(beforeStep: step).noise - scheduler.scales(beforeStep: step + 1).noise
            #expect(abs(gain - width) <= 1e-5 * width, "step \(step)")
        }
    }
}
