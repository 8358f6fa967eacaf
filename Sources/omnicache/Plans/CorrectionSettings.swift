import CachePlanning

/// What a user says of the correction of reused predictions.
struct CorrectionSettings: Codable, Sendable, Equatable {
    /// Nothing said leaves it to the policy: `auto` with planned and omnicache, else `none`: reuse by itself.
    var correction: CorrectionArgument?
    var filter: FilterArgument = .auto

    /// Whether the predictions that a policy lets be reused may be corrected, which takes a calibration.
    func corrects(_ policy: PolicyName) -> Bool { source(policy) != .none }

    /// Whether the forecast of what is reused is to be chosen, too: where all of the correction is left open.
    ///
    /// The paper's policy forecasts nothing.
    func forecasts(for policy: PolicyName) -> Bool {
        source(policy) == .auto && filter == .auto && policy.usualCorrection != .filtered
    }

    /// What the plan of a policy is bound to; omnicache filters unless it is told not to, as the paper does.
    func limits(for policy: PolicyName) -> CorrectionLimits {
        let filtered: Bool? =
            switch filter {
            case .auto: policy.usualCorrection == .filtered ? true : nil
            case .on: true
            case .off: false
            }
        return switch source(policy) {
        case .auto: CorrectionLimits(filtered: filtered)
        case .none: CorrectionLimits(source: CorrectionSource.none)
        case .shadow: CorrectionLimits(source: .shadow, filtered: filtered)
        case .previous: CorrectionLimits(source: .previousOutput, filtered: filtered)
        }
    }

    /// Why a policy cannot have such a correction, a sentence that begins with the option; nil if it can.
    func problem(with policy: PolicyName) -> String? {
        if let correction, policy.kind != .steps {
            return
                "correction \(correction.rawValue): policy \(policy.rawValue) chooses no steps before the run, for "
                + "which a correction could be fitted: leave it out"
        }
        guard filter == .auto || corrects(policy) else {
            return
                "filter \(filter.rawValue): expected a correction to filter, found none: say auto, shadow or "
                + "previous as correction, or leave it out"
        }
        return nil
    }

    private func source(_ policy: PolicyName) -> CorrectionArgument {
        guard policy.kind == .steps else { return .none }
        return correction ?? (policy.usualCorrection == .none ? .none : .auto)
    }
}
