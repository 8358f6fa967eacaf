import Tensors

extension ReferenceEngine {
    /// Copies the weights.
    public func pack(convolution weight: Tensor, bias: Tensor?, stride: Int) -> any PackedConvolution {
        ReferenceConvolution(weight: weight, bias: bias, stride: stride)
    }

    /// y = convolution of x, added to y if asked.
    public func convolve(_ x: Tensor, _ weights: any PackedConvolution, adding: Bool, into y: Tensor) {
        guard let layer = weights as? ReferenceConvolution else {
            preconditionFailure("ReferenceEngine: weights packed by \(type(of: weights))")
        }
        let (inputs, outputs, kernel) = (layer.inputChannels, layer.outputChannels, layer.kernel)
        let (stride, before) = (layer.stride, layer.stride == 1 ? layer.kernel / 2 : 0)
        let (height, width) = (x.shape[0], x.shape[1])
        precondition(
            x.shape[2] == inputs && y.shape == [height / stride, width / stride, outputs],
            "ReferenceEngine: convolution \(layer.weight.shape) on \(x.shape) into \(y.shape)")
        let (x, weight, bias) = (x.values, layer.weight.values, layer.bias?.values)
        var result = y.values
        for index in 0..<y.count {
            let (output, column) = (index % outputs, index / outputs % y.shape[1])
            let row = index / (outputs * y.shape[1])
            var sum = adding ? Double(result[index]) : 0
            sum += Double(bias?[output] ?? 0)
            for input in 0..<inputs {
                for i in 0..<kernel {
                    for j in 0..<kernel {
                        let (line, place) = (row * stride - before + i, column * stride - before + j)
                        guard (0..<height).contains(line), (0..<width).contains(place) else { continue }
                        sum +=
                            Double(x[(line * width + place) * inputs + input])
                            * Double(weight[((output * inputs + input) * kernel + i) * kernel + j])
                    }
                }
            }
            result[index] = Float(sum)
        }
        y.assign(result)
    }
}
