import Checkpoints
public import Models

/// The shape of a model by the name that its paper gives it, as `DiT-XL/2`.
public struct ModelShape: Sendable {
    /// The name.
    public let name: String
    /// Its denoiser.
    public let denoiser: any DenoiserConfiguration
    /// What `model_index.json` names.
    let pipeline: String
    /// Stable Diffusion's decoder.
    public let autoencoder = AutoencoderConfiguration(
        blockChannels: [128, 256, 512, 512], layersPerBlock: 2)

    /// Every name.
    public static var names: [String] { DenoiserFamilies.all.flatMap { $0.names } }

    /// The shape of a name; nil if there is none.
    public init?(_ name: String) {
        for family in DenoiserFamilies.all {
            guard let denoiser = family.named(name), let pipeline = family.pipelines.first else { continue }
            (self.name, self.denoiser, self.pipeline) = (name, denoiser, pipeline.name)
            return
        }
        return nil
    }
}
