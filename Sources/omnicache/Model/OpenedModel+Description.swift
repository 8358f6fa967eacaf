import Models
import RunReport

extension OpenedModel {
    /// The model as it stands in the run report.
    var description: RunReport.Model {
        RunReport.Model(
            path: source.isBuiltin ? "built-in" : folder.name, kind: folder.denoiser.kind,
            parameters: folder.denoiser.parameters, blocks: folder.denoiser.blocks,
            width: folder.denoiser.layout.width, tokens: folder.denoiser.layout.rows)
    }
}
