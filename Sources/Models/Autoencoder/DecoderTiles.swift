import Tensors

/// Overlapping square pieces of a latent that are decoded one by one, so that memory does not grow with the picture:
/// diffusers' `AutoencoderKL.tiled_decode`.
///
/// The picture is not quite that of the whole latent, since norms and attention see one tile at a time.
public struct DecoderTiles: Sendable, Equatable {
    /// Pixels of the latent on a tile's side; a latent no larger is decoded whole.
    public let side: Int

    /// Tiles of 64 × 64, which Stable Diffusion's decoder makes pictures of 512 × 512.
    public static let standard = DecoderTiles(side: 64)

    /// Tiles of the given side, a multiple of 4: neighbours share a quarter of it.
    public init(side: Int) {
        precondition(side > 0 && side % 4 == 0, "DecoderTiles: a side of \(side), expected a multiple of 4")
        self.side = side
    }

    /// In how many tiles a latent of so many rows and columns is decoded; 1 is the whole.
    public func count(height: Int, width: Int) -> Int {
        max(height, width) > side ? ranges(height).count * ranges(width).count : 1
    }

    func count(_ latent: Tensor) -> Int { count(height: latent.shape[1], width: latent.shape[2]) }

    /// What a tile shares with the one before it.
    var overlap: Int { side / 4 }

    /// Where the tiles lie that cover so many rows or columns; the last one may be short.
    public func ranges(_ count: Int) -> [Range<Int>] {
        stride(from: 0, to: count, by: side - overlap).map { $0..<min(count, $0 + side) }
    }
}
