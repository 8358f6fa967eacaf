#if OneDNN
    import COneDNN
    import Tensors

    /// The three operations of a band: into the library's layout, the convolution, and out of it.
    struct OneDNNBand {
        let gather: OneDNNOperation
        let convolution: OneDNNOperation
        let scatter: OneDNNOperation

        /// Bytes of the gathered input, of the result, and of what the library wants, each rounded up.
        var byteCounts: (input: Int, result: Int, library: Int) {
            let library = [gather, convolution, scatter].map(\.scratchByteCount).max() ?? 0
            return (
                rounded(convolution.sourceByteCount), rounded(convolution.destinationByteCount),
                rounded(library)
            )
        }

        private func rounded(_ byteCount: Int) -> Int { (byteCount + 63) / 64 * 64 }
    }

    extension OneDNNEngine {
        /// One convolution for each band of rows, between copies into the library's layout and back that stay
        /// in the worker's caches.
        func convolve(_ x: Tensor, _ weights: any PackedConvolution, into y: Tensor) {
            guard let layer = weights as? OneDNNConvolution else {
                preconditionFailure("OneDNNEngine: weights packed by \(type(of: weights))")
            }
            // About a megabyte of input; in bands of one row the halo would be most of it.
            let rows = (1 << 18) / max(1, layer.inputChannels * x.shape[2])
            let plan = ConvolutionBands(x, layer, kernel: layer.kernel, into: y, rows: 2...max(2, rows))
            let (source, target, bias) = (x.floatAddress, y.floatAddress, layer.bias.floatAddress)
            let bands = (0..<plan.bands.parts).map { band(plan.bands[$0], of: plan, layer) }
            let weights = bands.map { layer.blocks(in: $0.convolution.weightsLayout) }
            let byteCounts = bands.map(\.byteCounts)
            scratch.reserve(byteCounts.map { $0.input + $0.result + $0.library }.max() ?? 0)
            pool.forEach(bands.count) { index, worker in
                let (band, rows) = (bands[index], plan.bands[index])
                let input = scratch.address(of: worker)
                let result = input + byteCounts[index].input
                let library = result + byteCounts[index].result
                band.gather.run(
                    worker: worker, source: source + plan.input(of: rows).rows.lowerBound * plan.width,
                    destination: input, scratch: library)
                band.convolution.run(
                    worker: worker, source: input, weights: weights[index].address, bias: bias,
                    destination: result, scratch: library)
                band.scatter.run(
                    worker: worker, source: result, destination: target + rows.lowerBound * plan.width,
                    scratch: library)
            }
        }

        private func band(
            _ rows: Range<Int>, of plan: ConvolutionBands, _ layer: OneDNNConvolution
        ) -> OneDNNBand {
            let input = plan.input(of: rows)
            let shape = OneDNNConvolutionShape(
                inputs: layer.inputChannels, outputs: layer.outputChannels, kernel: layer.kernel,
                rows: input.rows.count, above: input.above, below: input.below, columns: plan.width,
                height: plan.height)
            if let made = convolutions[shape] { return made }
            let convolution = shape.operation(runtime)
            var (taken, given) = (convolution.sourceLayout, convolution.destinationLayout)
            var from = plain(layer.inputChannels, rows: input.rows.count, of: plan)
            var to = plain(layer.outputChannels, rows: rows.count, of: plan)
            let made = OneDNNBand(
                gather: OneDNNOperation(runtime, "gathering \(shape)") {
                    onednn_reorder_create($0, &from, &taken, $1)
                },
                convolution: convolution,
                scatter: OneDNNOperation(runtime, "scattering \(shape)") {
                    onednn_reorder_create($0, &given, &to, $1)
                })
            convolutions[shape] = made
            return made
        }

        /// Some rows of a [C, H, W] image, as they lie.
        private func plain(_ channels: Int, rows: Int, of plan: ConvolutionBands) -> onednn_layout {
            var layout = onednn_layout()
            let extents = [1, channels, rows, plan.width].map(Int64.init)
            let area = plan.height * plan.width
            let strides = [channels * area, area, plan.width, 1].map(Int64.init)
            runtime.check(
                onednn_layout_strided(4, extents, strides, dnnl_f32, &layout), "layout of \(extents)")
            return layout
        }
    }
#endif
