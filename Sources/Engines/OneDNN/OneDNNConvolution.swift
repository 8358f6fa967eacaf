#if OneDNN
    import COneDNN
    import Tensors

    /// A convolution's weights, in each layout that oneDNN has chosen for a shape of image so far.
    ///
    /// One layout for all shapes would leave some of them to the library's plain loops, a thousand times slower.
    final class OneDNNConvolution: PackedConvolution {
        let inputChannels: Int
        let outputChannels: Int
        let kernel: Int
        let bias: Tensor
        private let weight: Tensor
        private let engine: OneDNNEngine
        private var packed: [(layout: onednn_layout, blocks: AlignedBytes)] = []

        init(weight: Tensor, bias: Tensor, _ engine: OneDNNEngine) {
            precondition(
                weight.shape.count == 4 && weight.shape[2] == weight.shape[3]
                    && [1, 3].contains(weight.shape[2]) && bias.shape == [weight.shape[0]],
                "convolution: weight \(weight.shape), bias \(bias.shape)")
            (outputChannels, inputChannels, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2])
            self.weight = weight.duplicate()
            self.bias = bias.duplicate()
            self.engine = engine
        }

        var byteCount: Int {
            packed.reduce(weight.byteCount + bias.byteCount) { $0 + $1.blocks.byteCount }
        }

        /// The weights in a layout of the library's choice.
        func blocks(in layout: onednn_layout) -> AlignedBytes {
            var layout = layout
            for known in packed {
                var other = known.layout
                if onednn_layout_equal(&layout, &other) { return known.blocks }
            }
            var plain = onednn_layout()
            let extents = weight.shape.map(Int64.init)
            let strides = (0..<4).map { extents[($0 + 1)...].reduce(1, *) }
            engine.runtime.check(
                onednn_layout_strided(4, extents, strides, dnnl_f32, &plain), "layout of \(extents)")
            let reorder = OneDNNOperation(engine.runtime, "packing \(extents)") {
                onednn_reorder_create($0, &plain, &layout, $1)
            }
            let blocks = AlignedBytes(byteCount: reorder.destinationByteCount)
            engine.scratch.reserve(reorder.scratchByteCount)
            reorder.run(
                worker: 0, source: weight.address, destination: blocks.address,
                scratch: engine.scratch.address(of: 0))
            packed.append((layout, blocks))
            return blocks
        }
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

        /// Makes the operation, with weights in a layout of the library's choice.
        func operation(_ runtime: OneDNNRuntime) -> OneDNNOperation {
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
                onednn_convolution_create(engine, &shape, operation)
            }
        }
    }
#endif
