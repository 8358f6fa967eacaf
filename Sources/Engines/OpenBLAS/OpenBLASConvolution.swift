import CKernels
import Tensors

/// A convolution's weights as they came: [out, in · k · k].
final class OpenBLASConvolution: PackedConvolution {
    let weight: Tensor
    let bias: Tensor
    var inputChannels: Int { weight.shape[1] }
    var outputChannels: Int { weight.shape[0] }
    var kernel: Int { weight.shape[2] }
    var byteCount: Int { weight.byteCount + bias.byteCount }

    init(weight: Tensor, bias: Tensor) {
        precondition(
            weight.shape.count == 4 && weight.shape[2] == weight.shape[3] && [1, 3].contains(weight.shape[2])
                && bias.shape == [weight.shape[0]],
            "convolution: weight \(weight.shape), bias \(bias.shape)")
        self.weight = weight.duplicate()
        self.bias = bias.duplicate()
    }
}

extension OpenBLASEngine {
    /// One product for each band of rows: weights [out, in·k·k] times the band's neighbourhoods
    /// [in·k·k, rows·W], which are laid out in the worker's scratch.
    func convolve(_ x: Tensor, _ weights: any PackedConvolution, into y: Tensor) {
        guard let layer = weights as? OpenBLASConvolution else {
            preconditionFailure("OpenBLASEngine: weights packed by \(type(of: weights))")
        }
        let kernel = layer.kernel
        // Enough pixels to outweigh that the library packs the weights anew for each band.
        let plan = ConvolutionBands(
            x, layer, kernel: kernel, into: y, rows: 1...max(1, 512 / max(1, x.shape[2])))
        let (inputs, outputs) = (layer.inputChannels, layer.outputChannels)
        let (area, inner) = (plan.height * plan.width, inputs * kernel * kernel)
        let (source, target) = (x.floatAddress, y.floatAddress)
        let (weight, bias) = (layer.weight.floatAddress, layer.bias.floatAddress)
        if kernel > 1 {
            scratch.reserve(inner * plan.bands.length * plan.width * MemoryLayout<Float>.stride)
        }
        pool.forEach(plan.bands.parts) { (index, worker) in
            let band = plan.bands[index]
            let pixels = band.count * plan.width
            let result = target + band.lowerBound * plan.width
            if kernel == 1 {
                multiply(
                    (outputs, pixels, inputs), weight, inputs, source + band.lowerBound * plan.width, area,
                    transposed: false, into: result, area)
            } else {
                let patches = scratch.address(of: worker).assumingMemoryBound(to: Float.self)
                for row in 0..<inner {
                    let (channel, shift) = (row / (kernel * kernel), row % (kernel * kernel))
                    plan.gather(
                        source + channel * area, band, shift / kernel - kernel / 2,
                        shift % kernel - kernel / 2,
                        into: patches + row * pixels)
                }
                multiply(
                    (outputs, pixels, inner), weight, inner, patches, pixels, transposed: false, into: result,
                    area)
            }
            for channel in 0..<outputs {
                let numbers = result + channel * area
                loops.affine(numbers, 1, bias[channel], CKERNELS_IDENTITY, pixels, numbers)
            }
        }
    }
}

extension ConvolutionBands {
    /// A channel's pixels of some rows, moved by (`down`, `right`) and zero outside of the image.
    fileprivate func gather(
        _ channel: UnsafePointer<Float>, _ band: Range<Int>, _ down: Int, _ right: Int,
        into patch: UnsafeMutablePointer<Float>
    ) {
        let first = max(0, -right)
        let last = max(first, width - max(0, right))
        for (row, line) in zip(band, stride(from: patch, to: patch + band.count * width, by: width)) {
            guard row + down >= 0 && row + down < height else {
                line.update(repeating: 0, count: width)
                continue
            }
            line.update(repeating: 0, count: first)
            (line + first).update(from: channel + (row + down) * width + first + right, count: last - first)
            (line + last).update(repeating: 0, count: width - last)
        }
    }
}
