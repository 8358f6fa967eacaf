import Checkpoints
import Models
import RunReport

extension OpenedModel {
    /// The model as it stands in the run report.
    var description: RunReport.Model {
        RunReport.Model(
            path: source.isBuiltin ? "built-in" : folder.name, kind: "DiTTransformer2DModel",
            parameters: DiT.expectedTensors(folder.transformer).values.reduce(0) { $0 + $1.reduce(1, *) },
            blocks: folder.transformer.blocks, width: folder.transformer.width,
            tokens: folder.transformer.tokens)
    }
}
