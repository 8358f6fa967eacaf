import CKernels
import LinearAlgebra
import Tensors

/// A convolution's weights as the products want them: [out, k · k · in].
final class OpenBLASConvolution: PackedConvolution {
    let weight: Tensor
    let bias: Tensor?
    let inputChannels: Int
    let kernel: Int
    let stride: Int
    var outputChannels: Int { weight.shape[0] }
    var byteCount: Int { weight.byteCount + (bias?.byteCount ?? 0) }

    init(weight: Tensor, bias: Tensor?, stride: Int) {
        checkConvolution(weight, bias, stride)
        (inputChannels, kernel, self.stride) = (weight.shape[1], weight.shape[2], stride)
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
        self.bias = bias?.duplicate()
    }
}

extension OpenBLASEngine {
    /// One product for each band of rows: its pixels' neighbourhoods [rows·W, k·k·in], which are laid out in the
    /// worker's scratch, times the weights.
    func convolve(_ x: Tensor, _ weights: any PackedConvolution, adding: Bool, into y: Tensor) {
        guard let layer = weights as? OpenBLASConvolution else {
            preconditionFailure("OpenBLASEngine: weights packed by \(type(of: weights))")
        }
        // Enough pixels to outweigh that the library packs the weights anew for each band.
        let plan = ConvolutionBands(x, layer, into: y, rows: 1...max(1, 512 / max(1, y.shape[1])))
        let (inputs, outputs) = (layer.inputChannels, layer.outputChannels)
        let inner = inputs * plan.kernel * plan.kernel
        let (source, target) = (x.floatAddress, y.floatAddress)
        let (weight, bias) = (layer.weight.floatAddress, layer.bias?.floatAddress)
        if plan.kernel > 1 {
            scratch.reserve(inner * plan.bands.length * plan.resultWidth * MemoryLayout<Float>.stride)
        }
        pool.forEach(plan.bands.parts) { (index, worker) in
            let band = plan.bands[index]
            let pixels = band.count * plan.resultWidth
            let result = target + band.lowerBound * plan.resultWidth * outputs
            var neighbourhoods = source + band.lowerBound * plan.width * inputs
            if plan.kernel > 1 {
                let room = scratch.address(of: worker).assumingMemoryBound(to: Float.self)
                plan.gather(source, inputs, band, into: room)
                neighbourhoods = room
            }
            OpenBLASKernels.multiply(
                (pixels, outputs, inner), neighbourhoods, inner, weight, inner, transposed: true,
                adding: adding, into: result, outputs)
            guard let bias else { return }
            for pixel in 0..<pixels { loops.add(bias, outputs, result + pixel * outputs) }
        }
    }
}

extension ConvolutionBands {
    /// The neighbourhood of each pixel of some rows, [rows·W, k, k, channels], zero outside of the image.
    fileprivate func gather(
        _ x: UnsafePointer<Float>, _ channels: Int, _ band: Range<Int>,
        into patches: UnsafeMutablePointer<Float>
    ) {
        var patch = patches
        for row in band {
            let lines = row * stride - before..<row * stride - before + kernel
            for column in 0..<resultWidth {
                let places = column * stride - before..<column * stride - before + kernel
                for line in lines {
                    for place in places {
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
