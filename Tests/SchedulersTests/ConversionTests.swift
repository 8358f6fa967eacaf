import Schedulers
import Testing

/// A change of the update rule.
@Suite(.serialized) struct ConversionTests {
    struct File: Decodable {
        struct Conversion: Decodable {
            var kind: SchedulerConfiguration.Kind
            var options: SchedulerOptions
            var target: SchedulerConfiguration.Kind
            var spacing: SchedulerConfiguration.Spacing
            var clipsSample: Bool
            var prediction: SchedulerConfiguration.PredictionType
        }
        var conversions: [Conversion]
    }

    @Test("what was given is inherited, what was not takes the other class's default")
    func inheritance() throws {
        let file = try SchedulerGoldens.read("conversions.json", as: File.self)
        #expect(file.conversions.count == 18)
        for golden in file.conversions {
            let found = golden.options.configuration(golden.kind).converted(to: golden.target)
            let label = "\(golden.kind.rawValue) \(golden.options) to \(golden.target.rawValue)"
            #expect(found.kind == golden.target)
            #expect(found.spacing == golden.spacing, "\(label)")
            #expect(found.clipsSample == golden.clipsSample, "\(label)")
            #expect(found.prediction == golden.prediction, "\(label)")
        }
    }

    @Test("there and back again is the same configuration")
    func roundTrip() {
        var configuration = SchedulerConfiguration(.ddim)
        configuration.clipsSample = false
        configuration.spacing = .trailing
        #expect(configuration.converted(to: .dpmSolverPlusPlus).converted(to: .ddim) == configuration)
    }
}
