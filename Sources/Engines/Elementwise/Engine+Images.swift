import CKernels
import Tensors

extension Engine {
    /// y = GroupNorm(x), torch's `nn.GroupNorm`, with SiLU after it if asked.
    /// - Parameters:
    ///   - x: [H, W, C] f32.
    ///   - groups: divides C.
    ///   - weight: [C] f32.
    ///   - bias: [C] f32.
    ///   - epsilon: added to the variance.
    ///   - silu: whether x · sigmoid(x) follows.
    ///   - y: [H, W, C] f32; may be x.
    public func groupNorm(
        _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool, into y: Tensor
    ) {
        precondition(
            x.shape.count == 3 && groups > 0 && x.shape[2] % groups == 0 && y.shape == x.shape
                && weight.count == x.shape[2] && bias.count == x.shape[2],
            "groupNorm: \(groups) groups of \(x.shape) into \(y.shape), weight \(weight.shape)")
        let (source, target) = (x.floatAddress, y.floatAddress)
        let (pixels, channels) = (x.shape[0] * x.shape[1], x.shape[2])
        let moments = ChannelMoments(source, pixels: pixels, channels: channels, pool)
        let (scale, offset) = (Tensor(zeros: [channels]), Tensor(zeros: [channels]))
        for group in 0..<groups {
            let members = group * channels / groups..<(group + 1) * channels / groups
            let (mean, variance) = moments.together(members)
            let factor = 1 / (variance + Double(epsilon)).squareRoot()
            for channel in members {
                let slope = Float(Double(weight.floatAddress[channel]) * factor)
                scale.floatAddress[channel] = slope
                offset.floatAddress[channel] = Float(
                    Double(bias.floatAddress[channel]) - mean * Double(slope))
            }
        }
        pool.forEachPart(of: pixels, length: ChannelMoments.pixelsPerPart) { part in
            let first = part.lowerBound * channels
            loops.affine(
                source + first, scale.floatAddress, offset.floatAddress,
                silu ? CKERNELS_SILU : CKERNELS_IDENTITY, part.count, channels, target + first)
        }
    }

    /// Each pixel becomes two by two, torch's `interpolate(scale_factor=2, mode="nearest")`.
    /// - Parameters:
    ///   - x: [H, W, C] f32.
    ///   - y: [2H, 2W, C] f32.
    public func upsampleNearest(_ x: Tensor, into y: Tensor) {
        precondition(
            x.shape.count == 3 && y.shape == [2 * x.shape[0], 2 * x.shape[1], x.shape[2]],
            "upsampleNearest: \(x.shape) into \(y.shape)")
        let (source, target) = (x.floatAddress, y.floatAddress)
        let (width, channels) = (x.shape[1], x.shape[2])
        pool.forEach(x.shape[0]) { row in
            let (from, to) = (source + row * width * channels, target + 4 * row * width * channels)
            for column in 0..<width {
                let pixel = from + column * channels
                (to + 2 * column * channels).update(from: pixel, count: channels)
                (to + (2 * column + 1) * channels).update(from: pixel, count: channels)
            }
            (to + 2 * width * channels).update(from: to, count: 2 * width * channels)
        }
    }

    /// Rows become columns.
    /// - Parameters:
    ///   - x: [R, C] f32.
    ///   - y: [C, R] f32.
    public func transpose(_ x: Tensor, into y: Tensor) {
        precondition(
            x.shape.count == 2 && y.shape == [x.shape[1], x.shape[0]], "transpose: \(x.shape) into \(y.shape)"
        )
        let (source, target) = (x.floatAddress, y.floatAddress)
        let (rows, columns) = (x.shape[0], x.shape[1])
        // Sixteen columns at once: a cache line of the source is used whole.
        pool.forEachPart(of: columns, length: 16) { part in
            for row in 0..<rows {
                for column in part { target[column * rows + row] = source[row * columns + column] }
            }
        }
    }
}
