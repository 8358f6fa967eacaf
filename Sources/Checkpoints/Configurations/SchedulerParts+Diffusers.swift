import Files
import Schedulers

extension SigmaSpacing {
    /// The rule that the file turns on; nil if none.
    ///
    /// The ends are looked for whatever the class, as diffusers does.
    init?(_ reader: ConfigurationReader) throws(ReadError) {
        var used: [Rule] = []
        for rule in Rule.allCases {
            let key = "use_\(rule.rawValue)_sigmas"
            try reader.require([key: [false, true, .null]])
            if reader.hasKey(key), reader.value(key) == true { used.append(rule) }
        }
        guard let rule = used.first else { return nil }
        guard used.count == 1 else {
            throw reader.unsupported(
                "use_\(used[1].rawValue)_sigmas", "false where use_\(rule.rawValue)_sigmas is true")
        }
        self.init(rule)
        if reader.value("sigma_min") != .null { lowest = try reader.positive("sigma_min") }
        if reader.value("sigma_max") != .null { highest = try reader.positive("sigma_max") }
    }
}

extension FlowSchedule {
    /// What `FlowMatchEulerDiscreteScheduler` makes of the file.
    init(_ reader: ConfigurationReader) throws(ReadError) {
        self.init()
        shift = try reader.positive("shift")
        terminal = try reader.share("shift_terminal")
        isInverted = try reader.flag("invert_sigmas")
        isStochastic = try reader.flag("stochastic_sampling")
        guard try reader.flag("use_dynamic_shifting") else { return }
        var dynamic = DynamicShift()
        dynamic.form = try reader.choice("time_shift_type", among: DynamicShift.Form.allCases)
        dynamic.baseShift = try reader.number("base_shift", in: -100...100)
        dynamic.maxShift = try reader.number("max_shift", in: -100...100)
        dynamic.baseLength = try reader.integer("base_image_seq_len", in: 1...1_000_000_000)
        dynamic.maxLength = try reader.integer(
            "max_image_seq_len", in: dynamic.baseLength + 1...1_000_000_001)
        dynamicShift = dynamic
    }
}

extension UniPCSettings {
    /// What `UniPCMultistepScheduler` makes of the file.
    /// - Parameter steps: the most that there can be.
    init(_ reader: ConfigurationReader, steps: Int) throws(ReadError) {
        self.init()
        // The rules of DPM-Solver and DEIS are taken for bh2, as diffusers takes them.
        rule = reader.value("solver_type") == "bh1" ? .bh1 : .bh2
        predictsOriginal = try reader.flag("predict_x0")
        guard let uncorrected = reader.value("disable_corrector").integers, uncorrected.count <= steps,
            uncorrected.allSatisfy((0..<steps).contains)
        else { throw reader.unsupported("disable_corrector", "whole numbers from 0 to \(steps - 1)") }
        uncorrectedSteps = uncorrected
        guard reader.value("shift_terminal") == .null || reader.value("use_flow_sigmas") == true else {
            throw reader.unsupported("shift_terminal", "null unless use_flow_sigmas is true")
        }
    }
}

extension ConfigurationReader {
    /// A number in a range.
    func number(_ key: String, in range: ClosedRange<Double>) throws(ReadError) -> Double {
        guard let value = value(key).number, range.contains(value) else {
            throw unsupported(key, "a number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A number between 0 and 1; nil for null or 0, which diffusers takes for none.
    func share(_ key: String) throws(ReadError) -> Double? {
        if value(key) == .null || value(key).number == 0 { return nil }
        guard let value = value(key).number, value > 0, value < 1 else {
            throw unsupported(key, "null or a number between 0 and 1")
        }
        return value
    }
}
