import CKernels
import Tensors

extension Engine {
    /// y = GroupNorm(x), torch's `nn.GroupNorm`, with SiLU after it if asked.
    /// - Parameters:
    ///   - x: [C, H, W] f32.
    ///   - groups: divides C.
    ///   - weight: [C] f32.
    ///   - bias: [C] f32.
    ///   - epsilon: added to the variance.
    ///   - silu: whether x · sigmoid(x) follows.
    ///   - y: [C, H, W] f32; may be x.
    public func groupNorm(
        _ x: Tensor, groups: Int, weight: Tensor, bias: Tensor, epsilon: Float, silu: Bool, into y: Tensor
    ) {
        let channels = x.shape[0]
        precondition(
            x.shape.count == 3 && groups > 0 && channels % groups == 0 && y.shape == x.shape
                && weight.count == channels && bias.count == channels,
            "groupNorm: \(groups) groups of \(x.shape) into \(y.shape), weight \(weight.shape)")
        let (source, target) = (x.floatAddress, y.floatAddress)
        let (weights, biases) = (weight.floatAddress, bias.floatAddress)
        let (area, channelsPerGroup) = (x.shape[1] * x.shape[2], channels / groups)
        pool.forEach(groups) { group in
            let first = group * channelsPerGroup
            var (mean, variance): (Float, Float) = (0, 0)
            loops.moments(source + first * area, channelsPerGroup * area, &mean, &variance)
            let factor = 1 / (variance + epsilon).squareRoot()
            for channel in first..<first + channelsPerGroup {
                let scale = weights[channel] * factor
                loops.affine(
                    source + channel * area, scale, biases[channel] - mean * scale,
                    silu ? CKERNELS_SILU : CKERNELS_IDENTITY, area, target + channel * area)
            }
        }
    }

    /// Each pixel becomes two by two, torch's `interpolate(scale_factor=2, mode="nearest")`.
    /// - Parameters:
    ///   - x: [C, H, W] f32.
    ///   - y: [C, 2H, 2W] f32.
    public func upsampleNearest(_ x: Tensor, into y: Tensor) {
        precondition(
            x.shape.count == 3 && y.shape == [x.shape[0], 2 * x.shape[1], 2 * x.shape[2]],
            "upsampleNearest: \(x.shape) into \(y.shape)")
        let (source, target, width) = (x.floatAddress, y.floatAddress, x.shape[2])
        pool.forEachPart(of: x.shape[0] * x.shape[1], length: partLength / max(1, 4 * width) + 1) { rows in
            for row in rows {
                let (from, to) = (source + row * width, target + 4 * row * width)
                for column in 0..<width {
                    to[2 * column] = from[column]
                    to[2 * column + 1] = from[column]
                }
                (to + 2 * width).update(from: to, count: 2 * width)
            }
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
