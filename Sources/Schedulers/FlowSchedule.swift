import Platform

/// How a flow's noise level runs from 1 to 0: x = (1 − σ)·x₀ + σ·ε (Esser et al., arXiv 2403.03206).
public struct FlowSchedule: Sendable, Equatable, Codable {
    /// A shift that grows with the number of tokens.
    public struct DynamicShift: Sendable, Equatable, Codable {
        /// What μ means.
        public enum Form: String, Sendable, Codable, CaseIterable {
            /// The shift is e^μ.
            case exponential
            /// The shift is μ.
            case linear
        }
        /// What μ means, diffusers' `time_shift_type`.
        public var form = Form.exponential
        /// μ of the fewest tokens, diffusers' `base_shift`.
        public var baseShift = 0.5
        /// μ of the most tokens, diffusers' `max_shift`.
        public var maxShift = 1.15
        /// The fewest tokens, diffusers' `base_image_seq_len`.
        public var baseLength = 256
        /// The most tokens, diffusers' `max_image_seq_len`.
        public var maxLength = 4096
        /// Tokens of what is drawn; whoever knows the model sets it.
        public var length: Int?

        /// diffusers' defaults.
        public init() {}

        /// μ lies on the line through both ends, and beyond them, as diffusers' `calculate_shift` has it.
        var shift: Double {
            get throws(SchedulerError) {
                guard let length else {
                    throw SchedulerError(
                        "use_dynamic_shifting: expected the number of tokens that are drawn, found none; use a "
                            + "scheduler with use_dynamic_shifting false and a shift")
                }
                guard maxLength > baseLength, length > 0 else {
                    throw SchedulerError(
                        "max_image_seq_len: expected more than base_image_seq_len (\(baseLength)), found "
                            + "\(maxLength)")
                }
                let slope = (maxShift - baseShift) / Double(maxLength - baseLength)
                let mu = Double(length) * slope + (baseShift - slope * Double(baseLength))
                return form == .linear ? mu : exp(mu)
            }
        }
    }

    /// The constant shift s: σ becomes sσ/(1 + (s − 1)σ).
    public var shift = 1.0
    /// A shift by the number of tokens, in place of the constant one.
    public var dynamicShift: DynamicShift?
    /// The last level above 0, to which all are stretched, diffusers' `shift_terminal`.
    public var terminal: Double?
    /// Whether time runs the other way, from 0 to 1: diffusers' `invert_sigmas`.
    public var isInverted = false
    /// Whether levels are 1, 1 − 1/S, … 1/S before they are shifted, as pipelines of FLUX and those after it ask, instead
    /// of those that the model was trained on.
    public var startsEvenly = false
    /// Whether each step mixes x₀ with new noise, diffusers' `stochastic_sampling`.
    public var isStochastic = false

    /// diffusers' defaults.
    public init() {}

    /// The shift that holds.
    /// - Throws: `SchedulerError` where it is not a number above 0.
    var effectiveShift: Double {
        get throws(SchedulerError) {
            let shift = try dynamicShift?.shift ?? shift
            guard shift > 0, shift < 1e6 else {
                throw SchedulerError("shift: expected a number above 0 and below 1000000, found \(shift)")
            }
            return shift
        }
    }

    /// σ shifted by s, in the arithmetic of its type.
    static func shifted<Real: BinaryFloatingPoint>(_ sigma: Real, by shift: Real) -> Real {
        shift * sigma / (1 + (shift - 1) * sigma)
    }

    /// The levels stretched so that the last one is ``terminal``.
    func stretched(_ sigmas: [Double]) throws(SchedulerError) -> [Double] {
        guard let terminal else { return sigmas }
        guard terminal > 0, terminal < 1 else {
            throw SchedulerError("shift_terminal: expected a number between 0 and 1, found \(terminal)")
        }
        guard let last = sigmas.last, last < 1 else {
            throw SchedulerError(
                "shift_terminal: expected 2 steps or more, which it can stretch, found \(sigmas.count)")
        }
        let scale = (1 - last) / (1 - terminal)
        return sigmas.map { 1 - (1 - $0) / scale }
    }
}
