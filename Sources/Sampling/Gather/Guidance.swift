import Tensors

/// Classifier-free guidance: joins what the branches predicted (Ho and Salimans, arXiv 2207.12598; on all
/// latent channels, as diffusers' DiTPipeline does).
struct Guidance {
    /// w in u + w·(c − u).
    let scale: Float
    /// Numbers of a latent, C·H·W.
    let count: Int

    /// Joins the branches of each image of a group, into the memory of its last predictions.
    /// - Parameter branches: the model's output for each branch, conditional first: [g, C or 2·C, H, W].
    func join(_ branches: [Branch: Tensor], into predictions: inout [Prediction]) {
        guard let conditional = branches[.conditional] else {
            preconditionFailure("Guidance: no conditional branch")
        }
        let images = conditional.shape[0]
        let all = conditional.count / images
        if predictions.count != images {
            let zeros = { (count: Int) in Array(repeating: Float(0), count: count) }
            predictions = (0..<images).map { _ in
                Prediction(output: zeros(count), variance: all > count ? zeros(all - count) : nil)
            }
        }
        let given = conditional.elements
        let null = branches[.unconditional]
        for image in 0..<images {
            let start = image * all
            if let null = null?.elements {
                for index in 0..<count {
                    let free = null[start + index]
                    predictions[image].output[index] = free + scale * (given[start + index] - free)
                }
            } else {
                for index in 0..<count { predictions[image].output[index] = given[start + index] }
            }
            for index in 0..<(all - count) {
                predictions[image].variance?[index] = given[start + count + index]
            }
        }
    }
}
