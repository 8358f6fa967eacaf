import Tensors

/// Classifier-free guidance: joins what the branches predicted (Ho and Salimans, arXiv 2207.12598; on all
/// latent channels, as diffusers' DiTPipeline does).
struct Guidance {
    /// w in u + w·(c − u).
    let scale: Float
    /// Latent channels, C.
    let channels: Int

    /// Predictions for each image of a group.
    /// - Parameter branches: the model's output for each branch, conditional first: [g, C or 2·C, H, W].
    func predictions(_ branches: [Branch: Tensor]) -> [Prediction] {
        guard let conditional = branches[.conditional] else {
            preconditionFailure("Guidance: no conditional branch")
        }
        return (0..<conditional.shape[0]).map { image in
            let own = conditional[image]
            let noise = own.rows(0..<channels).values
            let variance = own.shape[0] > channels ? own.rows(channels..<own.shape[0]).values : nil
            guard let null = branches[.unconditional]?[image].rows(0..<channels).values else {
                return Prediction(output: noise, variance: variance)
            }
            return Prediction(output: zip(null, noise).map { $0 + scale * ($1 - $0) }, variance: variance)
        }
    }
}
