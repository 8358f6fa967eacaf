/// The extents of a latent: [C, F, H, W], and [C, H, W] of a still picture.
public struct LatentShape: Sendable, Hashable, Codable {
    /// Channels, C.
    public var channels: Int
    /// Frames, F; 1 for a still picture.
    public var frames: Int
    /// Rows of latent pixels, H.
    public var height: Int
    /// Columns of latent pixels, W.
    public var width: Int

    /// A latent of the given extents.
    public init(channels: Int, frames: Int = 1, height: Int, width: Int) {
        self.channels = channels
        self.frames = frames
        self.height = height
        self.width = width
    }

    /// The extents as a tensor has them, row-major.
    public var extents: [Int] {
        frames == 1 ? [channels, height, width] : [channels, frames, height, width]
    }

    /// Numbers in all.
    public var count: Int { channels * frames * height * width }

    /// The same with other channels, as a model's output has them.
    public func with(channels: Int) -> LatentShape {
        LatentShape(channels: channels, frames: frames, height: height, width: width)
    }
}
