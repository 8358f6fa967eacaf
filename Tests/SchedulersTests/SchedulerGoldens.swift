import FoundationEssentials
import Schedulers

/// The files that `Tests/Goldens/schedulers/make.py` has written.
enum SchedulerGoldens {
    /// The decoded contents of one file.
    static func read<Contents: Decodable>(_ name: String, as type: Contents.Type) throws -> Contents {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false).dropLast(2)
        parts += ["Goldens", "schedulers", Substring(name)]
        let data = try Data(contentsOf: URL(filePath: parts.joined(separator: "/")))
        return try JSONDecoder().decode(type, from: data)
    }

    /// Little-endian float32.
    static func floats(_ data: Data) -> [Float] {
        stride(from: 0, to: data.count, by: 4).map { start in
            Float(bitPattern: (0..<4).reduce(0) { $0 | UInt32(data[start + $1]) << (8 * UInt32($1)) })
        }
    }
}

/// Arguments of a diffusers scheduler's constructor.
struct SchedulerOptions: Decodable {
    var num_train_timesteps: Int?
    var beta_start: Double?
    var beta_end: Double?
    var beta_schedule: SchedulerConfiguration.BetaSchedule?
    var trained_betas: [Double]?
    var timestep_spacing: SchedulerConfiguration.Spacing?
    var steps_offset: Int?
    var prediction_type: SchedulerConfiguration.PredictionType?
    var clip_sample: Bool?
    var clip_sample_range: Double?
    var set_alpha_to_one: Bool?
    var variance_type: SchedulerConfiguration.Variance?
    var solver_order: Int?
    var lower_order_final: Bool?
    var euler_at_final: Bool?
    var final_sigmas_type: String?
    var rescale_betas_zero_snr: Bool?
    var snr_shift_scale: Double?
    var interpolation_type: SchedulerConfiguration.Interpolation?
    var use_karras_sigmas: Bool?
    var use_exponential_sigmas: Bool?
    var use_beta_sigmas: Bool?
    var sigma_min: Double?
    var sigma_max: Double?
    var solver_type: UniPCSettings.Rule?
    var predict_x0: Bool?
    var disable_corrector: [Int]?
    var use_flow_sigmas: Bool?
    var flow_shift: Double?
    var shift: Double?
    var shift_terminal: Double?
    var invert_sigmas: Bool?
    var stochastic_sampling: Bool?
    var use_dynamic_shifting: Bool?
    var time_shift_type: FlowSchedule.DynamicShift.Form?
    var base_shift: Double?
    var max_shift: Double?
    var base_image_seq_len: Int?
    var max_image_seq_len: Int?

    func configuration(_ kind: SchedulerConfiguration.Kind) -> SchedulerConfiguration {
        var result = SchedulerConfiguration(kind)
        if let num_train_timesteps { result.trainTimesteps = num_train_timesteps }
        if let beta_start { result.betaStart = beta_start }
        if let beta_end { result.betaEnd = beta_end }
        if let beta_schedule { result.betaSchedule = beta_schedule }
        result.trainedBetas = trained_betas
        if let timestep_spacing { result.spacing = timestep_spacing }
        if let steps_offset { result.stepsOffset = steps_offset }
        if let prediction_type { result.prediction = prediction_type }
        if let clip_sample { result.clipsSample = clip_sample }
        if let clip_sample_range { result.clipRange = clip_sample_range }
        if let set_alpha_to_one { result.setAlphaToOne = set_alpha_to_one }
        if let variance_type { result.variance = variance_type }
        if let solver_order { result.solverOrder = solver_order }
        if let lower_order_final { result.lowerOrderFinal = lower_order_final }
        if let euler_at_final { result.eulerAtFinal = euler_at_final }
        if let final_sigmas_type { result.finalSigmaIsZero = final_sigmas_type == "zero" }
        if let rescale_betas_zero_snr { result.endsAtNoise = rescale_betas_zero_snr }
        result.interpolation = interpolation_type
        result.signalToNoiseShift = snr_shift_scale
        for (isUsed, rule) in [
            (use_karras_sigmas, SigmaSpacing.Rule.karras), (use_exponential_sigmas, .exponential),
            (use_beta_sigmas, .beta),
        ] where isUsed == true {
            result.sigmaSpacing = SigmaSpacing(rule, lowest: sigma_min, highest: sigma_max)
        }
        if kind == .uniPC {
            var settings = UniPCSettings()
            if let solver_type { settings.rule = solver_type }
            if let predict_x0 { settings.predictsOriginal = predict_x0 }
            if let disable_corrector { settings.uncorrectedSteps = disable_corrector }
            result.uniPC = settings
        }
        if kind == .flowMatchEuler || use_flow_sigmas == true { result.flow = flow }
        return result
    }

    private var flow: FlowSchedule {
        var flow = FlowSchedule()
        if let shift = shift ?? flow_shift { flow.shift = shift }
        flow.terminal = shift_terminal
        flow.isInverted = invert_sigmas ?? false
        flow.isStochastic = stochastic_sampling ?? false
        guard use_dynamic_shifting == true else { return flow }
        var dynamic = FlowSchedule.DynamicShift()
        if let time_shift_type { dynamic.form = time_shift_type }
        if let base_shift { dynamic.baseShift = base_shift }
        if let max_shift { dynamic.maxShift = max_shift }
        if let base_image_seq_len { dynamic.baseLength = base_image_seq_len }
        if let max_image_seq_len { dynamic.maxLength = max_image_seq_len }
        flow.dynamicShift = dynamic
        return flow
    }
}
