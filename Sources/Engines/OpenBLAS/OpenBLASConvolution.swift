import CKernels
import LinearAlgebra
import Tensors

/// A convolution's weights as the products want them: [out, k · k · in].
final class OpenBLASConvolution: PackedConvolution {
    let weight: Tensor
    let bias: Tensor
    let inputChannels: Int
    let kernel: Int
    var outputChannels: Int { bias.count }
    var byteCount: Int { weight.byteCount + bias.byteCount }

    init(weight: Tensor, bias: Tensor) {
        precondition(
            weight.shape.count == 4 && weight.shape[2] == weight.shape[3] && [1, 3].contains(weight.shape[2])
                && bias.shape == [weight.shape[0]],
            "convolution: weight \(weight.shape), bias \(bias.shape)")
        (inputChannels, kernel) = (weight.shape[1], weight.shape[2])
        let taps = kernel * kernel
        self.weight = Tensor(zeros: [weight.shape[0], taps * inputChannels])
        let (from, to) = (weight.floatAddress, self.weight.floatAddress)
        for output in 0..<weight.shape[0] {
            for input in 0..<inputChannels {
                for tap in 0..<taps {
                    to[(output * taps + tap) * inputChannels + input] =
                        from[(output * inputChannels + input) * taps + tap]
                }
            }
        }
        self.bias = bias.duplicate()
    }
}

extension OpenBLASEngine {
    /// One product for each band of rows: its pixels' neighbourhoods [rows·W, k·k·in], which are laid out in the
    /// worker's scratch, times the weights.
    func convolve(_ x: Tensor, _ weights: any PackedConvolution, into y: Tensor) {
        guard let layer = weights as? OpenBLASConvolution else {
            preconditionFailure("OpenBLASEngine: weights packed by \(type(of: weights))")
        }
        let kernel = layer.kernel
        // Enough pixels to outweigh that the library packs the weights anew for each band.
        let plan = ConvolutionBands(
            x, layer, kernel: kernel, into: y, rows: 1...max(1, 512 / max(1, x.shape[1])))
        let (inputs, outputs) = (layer.inputChannels, layer.outputChannels)
        let inner = inputs * kernel * kernel
        let (source, target) = (x.floatAddress, y.floatAddress)
        let (weight, bias) = (layer.weight.floatAddress, layer.bias.floatAddress)
        if kernel > 1 {
            scratch.reserve(inner * plan.bands.length * plan.width * MemoryLayout<Float>.stride)
        }
        pool.forEach(plan.bands.parts) { (index, worker) in
            let band = plan.bands[index]
            let pixels = band.count * plan.width
            let result = target + band.lowerBound * plan.width * outputs
            var neighbourhoods = source + band.lowerBound * plan.width * inputs
            if kernel > 1 {
                let room = scratch.address(of: worker).assumingMemoryBound(to: Float.self)
                plan.gather(source, inputs, band, kernel, into: room)
                neighbourhoods = room
            }
            OpenBLASKernels.multiply(
                (pixels, outputs, inner), neighbourhoods, inner, weight, inner, transposed: true,
                into: result,
                outputs)
            for pixel in 0..<pixels { loops.add(bias, outputs, result + pixel * outputs) }
        }
    }
}

extension ConvolutionBands {
    /// The neighbourhood of each pixel of some rows, [rows·W, k, k, channels], zero outside of the image.
    fileprivate func gather(
        _ x: UnsafePointer<Float>, _ channels: Int, _ band: Range<Int>, _ kernel: Int,
        into patches: UnsafeMutablePointer<Float>
    ) {
        var patch = patches
        for row in band {
            for column in 0..<width {
                for line in row - kernel / 2...row + kernel / 2 {
                    for place in column - kernel / 2...column + kernel / 2 {
                        if line < 0 || line >= height || place < 0 || place >= width {
                            patch.update(repeating: 0, count: channels)
                        } else {
                            patch.update(from: x + (line * width + place) * channels, count: channels)
                        }
                        patch += channels
                    }
                }
            }
        }
    }
}
