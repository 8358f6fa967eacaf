import Files
import Foundation
import Models
import Schedulers
import TestSupport
import Testing

@testable import Checkpoints

/// Schedulers that diffusers has made of others by `from_config`, and saved.
@Suite(.serialized) struct SchedulerExchangeTests {
    private struct File: Decodable {
        struct Exchange: Decodable {
            var source: String
            var target: String
            var config: String
            var timesteps: [Double]
            var final: Data
        }
        var keys: [String]
        var defaults: [String: [String: String]]
        var exchanges: [Exchange]

        static func load(_ name: String = "schedulers.json") throws -> File {
            let data = try Data(contentsOf: URL(fileURLWithPath: goldens + "/" + name))
            return try JSONDecoder().decode(File.self, from: data)
        }
    }

    private static func floats(_ data: Data) -> [Float] {
        stride(from: 0, to: data.count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[start + $1]) << (8 * UInt32($1)) })
        }
    }

    private static let inSigma = "schedulers-in-sigma.json"

    @Test("The keys and defaults are diffusers'")
    func keys() throws {
        let file = try File.load()
        #expect(DiffusersClass.schedulerKeys == Set(file.keys))
        #expect(Set(DiffusersClass.schedulers.keys) == Set(SchedulerConfiguration.Kind.allCases))
        let all = try file.defaults.merging(File.load(Self.inSigma).defaults) { $1 }
        for subject in DiffusersClass.schedulers.values {
            let expected = try #require(all[subject.name])
            #expect(Set(subject.defaults.keys) == Set(expected.keys))
            for (key, value) in expected {
                #expect(try subject.defaults[key] == JSONValue(Array(value.utf8), file: key), "\(key)")
            }
        }
    }

    @Test(
        "What one scheduler has left to another is drawn as diffusers draws it",
        arguments: [("schedulers.json", 38), (inSigma, 40)])
    func exchanges(name: String, count: Int) throws {
        let exchanges = try File.load(name).exchanges
        #expect(exchanges.count == count)
        for exchange in exchanges {
            let label = "\(exchange.source) to \(exchange.target)"
            let scheduler = try makeScheduler(schedulerConfiguration(exchange.config), steps: 4)
            #expect(scheduler.timesteps == exchange.timesteps, "\(label)")
            var generator = TorchGenerator(seed: 20)
            var history = SchedulerHistory()
            var sample = generator.normals(24).map { $0 * scheduler.initialNoiseScale }
            let offset = (1...24).map { 0.1 * sin(Float($0) * 1.7) }
            for step in 0..<4 {
                let noise = scheduler.noiseDraws(atStep: step) > 0 ? generator.normals(24) : nil
                let divisor = scheduler.inputDivisor(atStep: step)
                let output = zip(sample, offset).map { 0.9 * ($0 / divisor) + $1 }
                scheduler.step(
                    step, sample: &sample, modelOutput: output, variance: nil, noise: noise, history: &history
                )
            }
            expectClose(sample, Self.floats(exchange.final), relative: 1e-5, "\(label)")
        }
    }

    @Test(
        "Keys of other schedulers say nothing, whatever their value",
        arguments: DiffusersClass.schedulerKeys.sorted().filter { DiffusersClass.ddim.defaults[$0] == nil })
    func foreignKeys(_ key: String) throws {
        #expect(
            try schedulerConfiguration(#"{"_class_name": "DDIMScheduler", "\#(key)": 7}"#)
                == SchedulerConfiguration(.ddim))
    }

    @Test("What the class itself reads keeps its meaning, and a key of no scheduler is named")
    func ownKeys() throws {
        for (key, value, kind) in [
            ("use_lu_lambdas", "true", "DPMSolverMultistepScheduler"),
            ("solver_order", "4", "DPMSolverMultistepScheduler"),
            ("solver_type", "\"heun\"", "DPMSolverSinglestepScheduler"),
            ("solver_p", "{}", "UniPCMultistepScheduler"),
            ("disable_corrector", "[-1]", "UniPCMultistepScheduler"),
            ("shift_terminal", "0.1", "UniPCMultistepScheduler"),
            ("use_dynamic_shifting", "true", "UniPCMultistepScheduler"),
            ("timestep_type", "\"continuous\"", "EulerDiscreteScheduler"),
            ("shift", "0", "FlowMatchEulerDiscreteScheduler"),
            ("shift_terminal", "2", "FlowMatchEulerDiscreteScheduler"),
            ("variance_type", "\"learned_range\"", "DPMSolverMultistepScheduler"),
            ("thresholding", "true", "DDIMScheduler"), ("clip_sample_range", "0", "DDPMScheduler"),
            ("skip_prk_step", "true", "DDIMScheduler"),
        ] {
            let error = #expect(throws: ReadError.self) {
                _ = try schedulerConfiguration(#"{"_class_name": "\#(kind)", "\#(key)": \#(value)}"#)
            }
            #expect(
                error?.description.hasPrefix("memory/\(schedulerPath): \(key) is ") == true,
                "\(error?.description ?? key)")
        }
    }

    @Test("Another class that reads the same file finds there what the first has kept for it")
    func keptForAnother() throws {
        func model(_ more: String) throws -> ModelFolder {
            try modelFolder(scheduler: #"{"_class_name": "DDIMScheduler", \#(more)}"#)
        }
        let kept = try model(
            #""solver_order": 1, "variance_type": "fixed_large", "timestep_spacing": "trailing", "solver_type": "bh2""#
        )
        var solver = SchedulerConfiguration(.dpmSolverPlusPlus)
        solver.solverOrder = 1
        solver.spacing = .trailing
        #expect(try kept.scheduler(as: .dpmSolverPlusPlus) == solver)
        var ancestral = SchedulerConfiguration(.ddpm)
        ancestral.variance = .fixedLarge
        ancestral.spacing = .trailing
        #expect(try kept.scheduler(as: .ddpm) == ancestral)
        let unsupported = try model(#""solver_order": 4, "variance_type": null"#)
        #expect(try unsupported.scheduler(as: .ddpm) == SchedulerConfiguration(.ddpm))
        let error = #expect(throws: ReadError.self) {
            _ = try unsupported.scheduler(as: .dpmSolverPlusPlus)
        }
        #expect(
            error?.description.contains("solver_order is 4; supported: a whole number from 1 to 3") == true)
    }
}
