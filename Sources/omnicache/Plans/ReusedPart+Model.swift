import CachePlanning
import Models

extension PolicyName {
    /// What plans reuse if nothing else is said: residuals where a model's modules cannot be summed up.
    func usualReuse(on model: any DenoiserConfiguration) -> ReusedPart {
        model.sumsModules ? usualReuse : .residual
    }
}

extension ReusedPart {
    /// Why it cannot be reused with a model, a sentence without an end that begins with the option; nil if it can.
    func problem(on model: any DenoiserConfiguration) -> String? {
        guard self == .modules, !model.sumsModules else { return nil }
        return "reuse-of modules: what \(model.kind)'s blocks make is no sum of their modules' outputs"
    }
}
