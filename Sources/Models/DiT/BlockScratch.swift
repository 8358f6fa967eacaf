import Tensors

/// Memory for what a layer computes on its way, shared by all layers of a stage and kept between steps.
final class BlockScratch {
    /// The part of the memory that M images use.
    struct Room {
        /// [M, N, D]: a norm's or attention's result, of the activation type.
        let narrow: Tensor
        /// [M, N, 4·D]: the feed-forward layer's inside, of the activation type.
        let wide: Tensor
        /// [M, N, D] f32: what is added to the hidden state.
        let branch: Tensor
        /// [M, 6·D] f32: shifts, scales and gates.
        let modulation: Tensor

        /// [M, N, 3·D] in the memory of `wide`, since the two are never needed together.
        var queryKeyValue: Tensor {
            let shape = [narrow.shape[0], narrow.shape[1], 3 * narrow.shape[2]]
            return Tensor(wide.storage, byteOffset: 0, shape: shape, wide.elementType)
        }

        fileprivate func first(_ images: Int) -> Room {
            let rows = 0..<images
            return Room(
                narrow: narrow.rows(rows), wide: wide.rows(rows), branch: branch.rows(rows),
                modulation: modulation.rows(rows))
        }
    }

    private let width: Int
    private let activationType: ElementType
    private var largest: Room?

    init(_ configuration: DiTConfiguration, activationType: ElementType) {
        width = configuration.width
        self.activationType = activationType
    }

    /// Room for M images of N tokens; memory is taken only when M is larger than ever before.
    func room(images: Int, tokens: Int) -> Room {
        if let largest, largest.narrow.shape[0] >= images, largest.narrow.shape[1] == tokens {
            return largest.first(images)
        }
        let room = Room(
            narrow: Tensor(zeros: [images, tokens, width], activationType),
            wide: Tensor(zeros: [images, tokens, 4 * width], activationType),
            branch: Tensor(zeros: [images, tokens, width]),
            modulation: Tensor(zeros: [images, 6 * width]))
        largest = room
        return room
    }
}
