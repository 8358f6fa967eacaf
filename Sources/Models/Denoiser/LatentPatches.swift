import Tensors

/// Latents as square patches, a token each, row by row of the picture.
enum LatentPatches {
    /// Cuts latents up; within a token the channel is outermost, as the weights of a strided convolution have it.
    /// - Parameters:
    ///   - latents: [M, C, H, W] f32.
    ///   - tokens: [M, N, C·patch²] f32.
    static func cut(_ latents: Tensor, patch: Int, into tokens: Tensor) {
        let grid = Grid(latents, patch: patch, tokens)
        let from = latents.elements
        var to = tokens.mutableElements
        var next = 0
        for image in 0..<grid.images {
            for token in 0..<grid.tokens {
                for channel in 0..<grid.channels {
                    for row in 0..<patch {
                        let start = grid.start(image, channel, token, row)
                        for column in 0..<patch {
                            to[next] = from[start + column]
                            next += 1
                        }
                    }
                }
            }
        }
    }

    /// Puts latents together; within a token the channel is innermost.
    /// - Parameters:
    ///   - tokens: [M, N, patch²·C] f32.
    ///   - latents: [M, C, H, W] f32.
    static func join(_ tokens: Tensor, patch: Int, into latents: Tensor) {
        let grid = Grid(latents, patch: patch, tokens)
        let from = tokens.elements
        var to = latents.mutableElements
        var next = 0
        for image in 0..<grid.images {
            for token in 0..<grid.tokens {
                for row in 0..<patch {
                    for column in 0..<patch {
                        for channel in 0..<grid.channels {
                            to[grid.start(image, channel, token, row) + column] = from[next]
                            next += 1
                        }
                    }
                }
            }
        }
    }

    /// Where patches lie in latents.
    private struct Grid {
        let images: Int
        let channels: Int
        let tokens: Int
        private let patch: Int
        private let height: Int
        private let width: Int

        init(_ latents: Tensor, patch: Int, _ tokens: Tensor) {
            let shape = latents.shape
            precondition(
                shape.count == 4 && shape[2] % patch == 0 && shape[3] % patch == 0
                    && tokens.shape
                        == [shape[0], shape[2] / patch * (shape[3] / patch), shape[1] * patch * patch],
                "LatentPatches: \(shape) in patches of \(patch) as \(tokens.shape)")
            (images, channels, self.tokens) = (shape[0], shape[1], tokens.shape[1])
            (self.patch, height, width) = (patch, shape[2], shape[3])
        }

        /// Where a row of a token's patch starts in a channel of an image.
        func start(_ image: Int, _ channel: Int, _ token: Int, _ row: Int) -> Int {
            let across = width / patch
            let y = token / across * patch + row
            return ((image * channels + channel) * height + y) * width + token % across * patch
        }
    }
}
