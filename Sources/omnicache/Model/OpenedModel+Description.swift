import Models
import RunReport

extension OpenedModel {
    /// Steps when the user names none: those of the family's pipeline.
    var defaultSteps: Int { type(of: folder.denoiser).usualSteps }

    /// Guidance when the user names none: the model card's, or that of the family's pipeline.
    var defaultGuidance: Double { source.isBuiltin ? 2.5 : folder.denoiser.usualGuidance }

    /// The model as it stands in the run report.
    var description: RunReport.Model {
        RunReport.Model(
            path: source.isBuiltin ? "built-in" : folder.name, kind: folder.denoiser.kind,
            parameters: folder.denoiser.parameters, blocks: folder.denoiser.blocks,
            width: folder.denoiser.layout.width, tokens: folder.denoiser.layout.rows)
    }
}
