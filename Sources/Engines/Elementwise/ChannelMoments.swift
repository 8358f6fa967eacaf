import CKernels
import Tensors

/// Means and squared distances of an image's channels, of some pixels at a time, so that each pixel is read from memory
/// once and no sum is long.
struct ChannelMoments {
    /// Pixels that are summed up together: as many as a core's caches hold while they are read twice.
    static let pixelsPerPart = 256

    private let pixels: Int
    private let channels: Int
    /// [parts, C] f32 each.
    private let means: Tensor
    private let squares: Tensor

    /// - Parameter x: [pixels, C] f32.
    init(_ x: UnsafePointer<Float>, pixels: Int, channels: Int, _ pool: ThreadPool) {
        (self.pixels, self.channels) = (pixels, channels)
        let shape = [(pixels + Self.pixelsPerPart - 1) / Self.pixelsPerPart, channels]
        (means, squares) = (Tensor(zeros: shape), Tensor(zeros: shape))
        let (means, squares) = (means.floatAddress, squares.floatAddress)
        pool.forEachPart(of: pixels, length: Self.pixelsPerPart) { part in
            let row = part.lowerBound / Self.pixelsPerPart * channels
            loops.column_moments(
                x + part.lowerBound * channels, part.count, channels, means + row, squares + row)
        }
    }

    /// Mean and (biased) variance over some channels.
    func together(_ members: Range<Int>) -> (mean: Double, variance: Double) {
        let (means, squares) = (means.floatAddress, squares.floatAddress)
        let count = Double(pixels * members.count)
        var (sum, spread): (Double, Double) = (0, 0)
        forEachPart { part, length in
            for channel in members { sum += length * Double(means[part * channels + channel]) }
        }
        let mean = sum / count
        forEachPart { part, length in
            for channel in members {
                let distance = Double(means[part * channels + channel]) - mean
                spread += Double(squares[part * channels + channel]) + length * distance * distance
            }
        }
        return (mean, spread / count)
    }

    private func forEachPart(_ body: (_ part: Int, _ pixels: Double) -> Void) {
        for part in 0..<means.shape[0] {
            body(part, Double(min(Self.pixelsPerPart, pixels - part * Self.pixelsPerPart)))
        }
    }
}
