#if OneDNN
    import COneDNN
    import Tensors

    extension OneDNNEngine {
        /// One convolution for each band of rows, which is read and written where it lies.
        func convolve(_ x: Tensor, _ weights: any PackedConvolution, adding: Bool, into y: Tensor) {
            guard let layer = weights as? OneDNNConvolution else {
                preconditionFailure("OneDNNEngine: weights packed by \(type(of: weights))")
            }
            // About a megabyte of input; in bands of one row the halo would be most of it.
            let rows = (1 << 18) / max(1, layer.inputChannels * x.shape[1])
            let plan = ConvolutionBands(x, layer, into: y, rows: 2...max(2, rows))
            let (source, target, bias) = (x.floatAddress, y.floatAddress, layer.bias?.floatAddress)
            let bands = (0..<plan.bands.parts).map {
                operation(plan.bands[$0], of: plan, layer, adding: adding)
            }
            let weights = bands.map { layer.blocks(in: $0.weightsLayout) }
            scratch.reserve(bands.map(\.scratchByteCount).max() ?? 0)
            pool.forEach(bands.count) { index, worker in
                let rows = plan.bands[index]
                bands[index].run(
                    worker: worker,
                    source: source + plan.input(of: rows).rows.lowerBound * plan.width * layer.inputChannels,
                    weights: weights[index].address, bias: bias.map { UnsafeRawPointer($0) },
                    destination: target + rows.lowerBound * plan.resultWidth * layer.outputChannels,
                    scratch: scratch.address(of: worker))
            }
        }

        private func operation(
            _ rows: Range<Int>, of plan: ConvolutionBands, _ layer: OneDNNConvolution, adding: Bool
        ) -> OneDNNOperation {
            let input = plan.input(of: rows)
            let shape = OneDNNConvolutionShape(
                inputs: layer.inputChannels, outputs: layer.outputChannels, kernel: layer.kernel,
                rows: input.rows.count, above: input.above, below: input.below, columns: plan.width,
                left: plan.before, right: plan.right, stride: plan.stride, hasBias: layer.bias != nil,
                adding: adding)
            if let made = convolutions[shape] { return made }
            let made = shape.operation(runtime)
            convolutions[shape] = made
            return made
        }
    }
#endif
