import Files
import Models
import Schedulers
import TestSupport
import Testing

@testable import Checkpoints

/// Files of models that were trained along a flow.
@Suite(.serialized) struct FlowSchedulerTests {
    @Test("What the published files say is read, whatever else stands there idle")
    func published() throws {
        let constant = try schedulerConfiguration(
            #"""
            {"_class_name": "FlowMatchEulerDiscreteScheduler", "_diffusers_version": "0.29.0",
             "num_train_timesteps": 1000, "shift": 3.0}
            """#)
        var expected = SchedulerConfiguration(.flowMatchEuler)
        expected.flow?.shift = 3
        #expect(constant == expected)

        let dynamic = try schedulerConfiguration(
            #"""
            {"_class_name": "FlowMatchEulerDiscreteScheduler", "base_image_seq_len": 256, "base_shift": 0.5,
             "invert_sigmas": false, "max_image_seq_len": 8192, "max_shift": 0.9, "num_train_timesteps": 1000,
             "shift": 1.0, "shift_terminal": 0.02, "stochastic_sampling": false, "time_shift_type": "exponential",
             "use_beta_sigmas": false, "use_dynamic_shifting": true, "use_exponential_sigmas": false,
             "use_karras_sigmas": false}
            """#)
        expected = SchedulerConfiguration(.flowMatchEuler)
        expected.flow?.terminal = 0.02
        expected.flow?.dynamicShift = FlowSchedule.DynamicShift()
        expected.flow?.dynamicShift?.maxLength = 8192
        expected.flow?.dynamicShift?.maxShift = 0.9
        #expect(dynamic == expected)

        let corrected = try schedulerConfiguration(
            #"""
            {"_class_name": "UniPCMultistepScheduler", "beta_end": 0.02, "beta_schedule": "linear",
             "beta_start": 0.0001, "disable_corrector": [], "dynamic_thresholding_ratio": 0.995,
             "final_sigmas_type": "zero", "flow_shift": 3.0, "lower_order_final": true, "num_train_timesteps": 1000,
             "predict_x0": true, "prediction_type": "flow_prediction", "rescale_betas_zero_snr": false,
             "sample_max_value": 1.0, "solver_order": 2, "solver_p": null, "solver_type": "bh2", "steps_offset": 0,
             "thresholding": false, "timestep_spacing": "linspace", "trained_betas": null, "use_beta_sigmas": false,
             "use_exponential_sigmas": false, "use_flow_sigmas": true, "use_karras_sigmas": false}
            """#)
        expected = SchedulerConfiguration(.uniPC)
        expected.flow = FlowSchedule()
        expected.flow?.shift = 3
        expected.prediction = .flow
        expected.uniPC = UniPCSettings()
        expected.spacing = .linspace
        #expect(corrected == expected)
        #expect(try makeScheduler(corrected, steps: 50).timesteps.prefix(3) == [999, 993, 986])

        let solver = try schedulerConfiguration(
            #"""
            {"_class_name": "DPMSolverMultistepScheduler", "algorithm_type": "dpmsolver++", "flow_shift": 3.0,
             "prediction_type": "flow_prediction", "use_flow_sigmas": true, "lambda_min_clipped": -Infinity}
            """#)
        #expect(solver.flow?.shift == 3 && solver.prediction == .flow)
        #expect(try makeScheduler(solver, steps: 20).timesteps.prefix(3) == [999, 982, 963])
    }

    @Test("Two rules for σ at once, and orders that do not go together, are refused by name")
    func refusals() throws {
        for (text, message) in [
            (
                #""EulerDiscreteScheduler", "use_karras_sigmas": true, "use_beta_sigmas": true"#,
                "use_beta_sigmas is true; supported: false where use_karras_sigmas is true"
            ),
            (
                #""FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": true, "max_image_seq_len": 256"#,
                "max_image_seq_len is 256; supported: a whole number from 257"
            ),
            (
                #""FlowMatchEulerDiscreteScheduler", "use_dynamic_shifting": true, "base_shift": 1e300"#,
                "base_shift is 1e+300; supported: a number from -100.0 to 100.0"
            ),
            (#""DDIMScheduler", "prediction_type": "flow_prediction""#, "prediction_type is"),
        ] {
            let error = #expect(throws: ReadError.self) {
                _ = try schedulerConfiguration(#"{"_class_name": \#(text)}"#)
            }
            #expect(error?.description.contains(message) == true, "\(error?.description ?? "")")
        }
    }

    @Test("A model trained along a flow takes any scheduler that goes along one, and no other")
    func otherSchedulers() throws {
        func model(_ scheduler: String) throws -> ModelFolder {
            try modelFolder(scheduler: #"{"_class_name": \#(scheduler)}"#)
        }
        let flow = try model(
            #""FlowMatchEulerDiscreteScheduler", "shift": 3.0, "use_dynamic_shifting": true"#)
        for kind in SchedulerConfiguration.Kind.allCases where kind.followsFlow {
            let scheduler = try flow.scheduler(as: kind)
            #expect(scheduler.kind == kind && scheduler.flow == flow.scheduler.flow)
            #expect(try makeScheduler(scheduler, steps: 7).isFlow)
        }
        #expect(flow.scheduler.flow?.dynamicShift?.length == flow.transformer.tokens)
        let preserving = try model(#""DDIMScheduler""#)
        for (model, kind) in [(flow, SchedulerConfiguration.Kind.ddim), (preserving, .flowMatchEuler)] {
            let error = #expect(throws: ReadError.self) { _ = try model.scheduler(as: kind) }
            #expect(
                error?.description.contains("so the scheduler cannot be \(kind.rawValue); supported: ")
                    == true)
        }
        var euler = SchedulerConfiguration(.euler)
        #expect(try preserving.scheduler(as: .euler) == euler)
        euler.sigmaSpacing = SigmaSpacing(.karras, lowest: 0.1)
        let kept = try model(#""DDIMScheduler", "use_karras_sigmas": true, "sigma_min": 0.1"#)
        #expect(try kept.scheduler(as: .euler) == euler)
        #expect(kept.scheduler == SchedulerConfiguration(.ddim))
    }
}
