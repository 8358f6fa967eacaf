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
        return result
    }
}
