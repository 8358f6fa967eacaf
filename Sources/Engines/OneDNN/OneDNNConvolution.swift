#if OneDNN
    import COneDNN
    import Tensors

    /// A convolution's weights, in each layout that oneDNN has chosen for a shape of image so far.
    ///
    /// One layout for all shapes would leave some of them to the library's plain loops, a thousand times slower.
    /// As they came they are kept until the first is known; the others are made of that.
    final class OneDNNConvolution: PackedConvolution {
        let inputChannels: Int
        let outputChannels: Int
        let kernel: Int
        let stride: Int
        let bias: Tensor?
        private let engine: OneDNNEngine
        private var known: [(layout: onednn_layout, bytes: AlignedBytes)]
        private var isPacked = false

        init(weight: Tensor, bias: Tensor?, stride: Int, _ engine: OneDNNEngine) {
            checkConvolution(weight, bias, stride)
            (outputChannels, inputChannels, kernel) = (weight.shape[0], weight.shape[1], weight.shape[2])
            self.stride = stride
            self.bias = bias?.duplicate()
            self.engine = engine
            var plain = onednn_layout()
            let extents = weight.shape.map(Int64.init)
            let strides = (0..<4).map { extents[($0 + 1)...].reduce(1, *) }
            engine.runtime.check(
                onednn_layout_strided(4, extents, strides, dnnl_f32, &plain), "layout of \(extents)")
            known = [(plain, weight.duplicate().storage)]
        }

        var byteCount: Int { known.reduce(bias?.byteCount ?? 0) { $0 + $1.bytes.byteCount } }

        /// The weights in a layout of the library's choice.
        func blocks(in layout: onednn_layout) -> AlignedBytes {
            var layout = layout
            for index in known.indices where onednn_layout_equal(&layout, &known[index].layout) {
                return known[index].bytes
            }
            var source = known[0]
            let reorder = OneDNNOperation(engine.runtime, "packing \(outputChannels) × \(inputChannels)") {
                onednn_reorder_create($0, &source.layout, &layout, $1)
            }
            let blocks = AlignedBytes(byteCount: reorder.destinationByteCount)
            engine.scratch.reserve(reorder.scratchByteCount)
            reorder.run(
                worker: 0, source: source.bytes.address, destination: blocks.address,
                scratch: engine.scratch.address(of: 0))
            if !isPacked { known = [] }
            isPacked = true
            known.append((layout, blocks))
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
        /// Columns of padding.
        var left: Int
        var right: Int
        var stride: Int
        var hasBias: Bool
        /// Whether the result is added to what is there.
        var adding: Bool

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
            shape.pad_left = Int64(left)
            shape.pad_right = Int64(right)
            shape.stride = Int64(stride)
            shape.has_bias = hasBias
            shape.adding = adding
            return OneDNNOperation(runtime, "convolution \(self)") { engine, operation in
                onednn_convolution_create(engine, &shape, operation)
            }
        }
    }
#endif
