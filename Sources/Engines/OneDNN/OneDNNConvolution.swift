#if OneDNN
    import COneDNN
    import Tensors

    /// A convolution's weights in the layout of oneDNN's choice.
    final class OneDNNConvolution: PackedConvolution {
        let inputChannels: Int
        let outputChannels: Int
        let kernel: Int
        let bias: Tensor
        let blocks: AlignedBytes
        var byteCount: Int { blocks.byteCount + bias.byteCount }

        init(weight: Tensor, bias: Tensor, _ engine: OneDNNEngine) {
            precondition(
                weight.shape.count == 4 && weight.shape[2] == weight.shape[3]
                    && [1, 3].contains(weight.shape[2]) && bias.shape == [weight.shape[0]],
                "convolution: weight \(weight.shape), bias \(bias.shape)")
            (outputChannels, inputChannels, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2])
            self.bias = bias.duplicate()
            let shape = OneDNNConvolutionShape(
                inputs: inputChannels, outputs: outputChannels, kernel: kernel, rows: 8, above: kernel / 2,
                below: kernel / 2, columns: 64)
            var packed = shape.operation(engine.runtime, weights: nil).weightsLayout
            var plain = onednn_layout()
            let extents = weight.shape.map(Int64.init)
            let strides = (0..<4).map { extents[($0 + 1)...].reduce(1, *) }
            engine.runtime.check(
                onednn_layout_strided(4, extents, strides, dnnl_f32, &plain), "layout of \(extents)")
            let reorder = OneDNNOperation(engine.runtime, "packing \(extents)") {
                onednn_reorder_create($0, &plain, &packed, $1)
            }
            blocks = AlignedBytes(byteCount: reorder.destinationByteCount)
            engine.scratch.reserve(reorder.scratchByteCount)
            reorder.run(
                worker: 0, source: weight.address, destination: blocks.address,
                scratch: engine.scratch.address(of: 0))
            layout = packed
        }

        /// The weights' layout, which every operation with them is told.
        let layout: onednn_layout
    }

    /// What a band's convolution is made for.
    struct OneDNNConvolutionShape: Hashable {
        var inputs: Int
        var outputs: Int
        var kernel: Int
        /// Input rows of the band, and rows of padding on either side.
        var rows: Int
        var above: Int
        var below: Int
        var columns: Int
        /// Rows of the whole image, which say how far its channels are apart.
        var height = 0

        /// Makes the operation.
        func operation(_ runtime: OneDNNRuntime, weights: onednn_layout?) -> OneDNNOperation {
            var shape = onednn_convolution()
            shape.inputs = Int64(inputs)
            shape.outputs = Int64(outputs)
            shape.kernel = Int64(kernel)
            shape.rows = Int64(rows)
            shape.columns = Int64(columns)
            shape.pad_above = Int64(above)
            shape.pad_below = Int64(below)
            shape.pad_sides = Int64(kernel / 2)
            return OneDNNOperation(runtime, "convolution \(self)") { engine, operation in
                guard var weights else { return onednn_convolution_create(engine, &shape, operation) }
                return withUnsafePointer(to: &weights) {
                    shape.weights = $0
                    return onednn_convolution_create(engine, &shape, operation)
                }
            }
        }
    }
#endif
