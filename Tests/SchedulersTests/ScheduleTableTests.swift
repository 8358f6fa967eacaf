import FoundationEssentials
import TestSupport
import Testing

@testable import Schedulers

/// The tables behind the steps: ᾱ and the timesteps.
@Suite(.serialized) struct ScheduleTableTests {
    struct Tables: Decodable {
        struct Schedule: Decodable {
            var options: SchedulerOptions
            var alphaBar: Data
        }
        var schedules: [Schedule]
    }

    @Test("ᾱ is diffusers', to the last bit or the one before")
    func alphaBar() throws {
        for golden in try SchedulerGoldens.read("tables.json", as: Tables.self).schedules {
            let expected = SchedulerGoldens.floats(golden.alphaBar)
            let found = try NoiseSchedule(golden.options.configuration(.ddpm)).alphaBar
            #expect(found.count == expected.count)
            for (index, (a, b)) in zip(found, expected).enumerated() where abs(a - b) > b.ulp {
                Issue.record("\(golden.options): ᾱ of \(index) is \(a), expected \(b)")
            }
        }
    }

    struct Hashes: Decodable {
        struct Entry: Decodable {
            var kind: SchedulerConfiguration.Kind
            var spacing: SchedulerConfiguration.Spacing
            var hashes: [UInt32]
        }
        var timesteps: [Entry]
    }

    @Test(
        "the timesteps are diffusers' for 1 to 1000 steps",
        arguments: ["timesteps-ddim.json", "timesteps-ddpm.json", "timesteps-dpmsolver.json"])
    func timesteps(name: String) throws {
        let file = try SchedulerGoldens.read(name, as: Hashes.self)
        #expect(file.timesteps.count == 3)
        for golden in file.timesteps {
            var configuration = SchedulerConfiguration(golden.kind)
            configuration.spacing = golden.spacing
            #expect(golden.hashes.count == 1000)
            for steps in 1...1000 {
                let timesteps = try configuration.timesteps(steps: steps)
                let hash = timesteps.reduce(UInt32(0)) { $0 &* 31 &+ UInt32($1 + 1) }
                #expect(timesteps.count == steps)
                #expect(
                    hash == golden.hashes[steps - 1],
                    "\(golden.kind) \(golden.spacing), \(steps) steps: \(timesteps)")
            }
        }
    }

    @Test("250 steps of DDPM visit 996, 992, … 0")
    func quarterThousand() throws {
        let scheduler = try makeScheduler(SchedulerConfiguration(.ddpm), steps: 250)
        #expect(scheduler.timesteps == (0..<250).map { Double(996 - 4 * $0) })
    }

    @Test("the signal's scale is √ᾱ of the timestep, and of what lies behind the last step")
    func signalScales() throws {
        func scales(_ configuration: SchedulerConfiguration) throws -> [Double] {
            let scheduler = try makeScheduler(configuration, steps: 4)
            return (0...4).map { scheduler.scales(beforeStep: $0).signal }
        }
        var configuration = SchedulerConfiguration(.ddim)
        let alphaBar = try NoiseSchedule(configuration).alphaBar.map { Double($0) }
        let expected = [750, 500, 250, 0].map { alphaBar[$0].squareRoot() }
        #expect(try scales(configuration) == expected + [1])
        configuration.setAlphaToOne = false
        #expect(try scales(configuration) == expected + [alphaBar[0].squareRoot()])
        #expect(try scales(configuration.converted(to: .ddpm)) == expected + [1])

        var solver = SchedulerConfiguration(.dpmSolverPlusPlus)
        let visited = [999, 749, 500, 250].map { alphaBar[$0].squareRoot() }
        for final in [1, alphaBar[0].squareRoot()] {
            for (found, expected) in zip(try scales(solver), visited + [final]) {
                #expect(abs(found - expected) < 1e-6 * expected)
            }
            solver.finalSigmaIsZero = false
        }
    }
}
