public import ImageOutput
public import Tensors

/// An image at its end.
///
/// Its latent is valid until the call that delivers it returns: its memory takes later images.
public struct FinishedImage {
    /// Its number in the run.
    public let image: Int
    /// The final latent, [C, H, W] f32; none of one that another rank decoded, unless it was asked for.
    public let latent: Tensor?
    /// The picture.
    public let picture: RGBImage
}

/// A picture as it travels to rank 0, behind the latent that it is of where that is asked for.
struct PictureMessage {
    /// Of a latent, [C, H, W].
    let latentShape: [Int]
    /// [3, H, W].
    let pictureShape: [Int]
    /// Whether latents travel.
    let carriesLatent: Bool

    private var latentCount: Int { carriesLatent ? Tensor.elementCount(of: latentShape) : 0 }
    private var pixelCount: Int { Tensor.elementCount(of: pictureShape) }

    /// Of the message's numbers: bytes of pixels travel as the bits of a quarter as many.
    var shape: [Int] { [latentCount + (pixelCount + 3) / 4] }

    /// The numbers of an image.
    func numbers(_ latent: Tensor, _ picture: RGBImage) -> Tensor {
        let numbers = Tensor(zeros: shape)
        if carriesLatent { numbers.rows(0..<latentCount).copy(from: latent) }
        let padding = [UInt8](repeating: 0, count: 4 * (numbers.count - latentCount) - pixelCount)
        let pixels = AlignedBytes(picture.pixels + padding)
        numbers.rows(latentCount..<numbers.count).copy(
            from: Tensor(pixels, byteOffset: 0, shape: [numbers.count - latentCount]))
        return numbers
    }

    /// The image of a message's numbers, whose memory holds its latent.
    func image(_ image: Int, _ numbers: Tensor) -> FinishedImage {
        let start = numbers.byteOffset + latentCount * ElementType.f32.byteCount
        return FinishedImage(
            image: image,
            latent: carriesLatent ? numbers.rows(0..<latentCount).reshaped(latentShape) : nil,
            picture: RGBImage(
                width: pictureShape[2], height: pictureShape[1],
                pixels: Array(numbers.storage.bytes[start..<start + pixelCount])))
    }
}
