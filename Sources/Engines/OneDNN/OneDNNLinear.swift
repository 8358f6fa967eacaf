#if OneDNN
    import COneDNN
    import Tensors

    /// A linear layer's weights in the layout of oneDNN's choice, one block for each column tile.
    final class OneDNNLinear: PackedLinear {
        let inputWidth: Int
        let outputWidth: Int
        let tiles: LinearTiles
        let bias: Tensor?
        private let blocks: AlignedBytes
        private let blockByteCount: Int
        var byteCount: Int { blocks.byteCount + (bias?.byteCount ?? 0) }

        init(weight: Tensor, bias: Tensor?, _ engine: OneDNNEngine) {
            precondition(
                weight.shape.count == 2 && (bias.map { $0.shape == [weight.shape[0]] } ?? true),
                "linear: weight \(weight.shape), bias \(bias.map { "\($0.shape)" } ?? "none")")
            let (outputs, inputs) = (weight.shape[0], weight.shape[1])
            (inputWidth, outputWidth) = (inputs, outputs)
            self.bias = bias?.duplicate()
            // A piece's weights stay in a core's second-level cache while several images pass.
            let cached = 640 * 1024 / (inputs * engine.activationType.byteCount)
            let tiles = LinearTiles(inputs: inputs, outputs: outputs, limit: cached)
            // The full tile's layout is the largest; the last tile may be narrower.
            let reorders = Set([tiles.columns[0].count, tiles.columns[tiles.columns.parts - 1].count])
                .reduce(into: [:]) { $0[$1] = engine.weightsReorder(inputs: inputs, outputs: $1) }
            let alignment = AlignedBytes.alignment
            let largest = reorders.values.map(\.destinationByteCount).max() ?? 0
            let blockByteCount = (largest + alignment - 1) / alignment * alignment
            let blocks = AlignedBytes(byteCount: blockByteCount * tiles.columns.parts)
            engine.scratch.reserve(reorders.values.map(\.scratchByteCount).max() ?? 0)
            let source = weight.floatAddress
            engine.pool.forEach(tiles.columns.parts) { tile, worker in
                let columns = tiles.columns[tile]
                reorders[columns.count]?.run(
                    worker: worker, source: source + columns.lowerBound * inputs,
                    destination: blocks.address + tile * blockByteCount,
                    scratch: engine.scratch.address(of: worker))
            }
            self.tiles = tiles
            self.blocks = blocks
            self.blockByteCount = blockByteCount
        }

        /// Where a column tile's weights start.
        func block(_ tile: Int) -> UnsafeRawPointer {
            UnsafeRawPointer(blocks.address + tile * blockByteCount)
        }
    }

    extension OneDNNEngine {
        /// Brings [outputs, inputs] f32 into the layout that products of that size like best.
        ///
        /// The library's choice does not depend on the rows of the other operand, so any number of them asks it.
        fileprivate func weightsReorder(inputs: Int, outputs: Int) -> OneDNNOperation {
            let shape = linearShape(
                rows: 64, inputs: inputs, outputs: outputs, hasBias: false, .identity, activationType)
            var packed = operation(shape).weightsLayout
            var plain = onednn_layout()
            let (extents, strides) = ([Int64(inputs), Int64(outputs)], [1, Int64(inputs)])
            runtime.check(
                onednn_layout_strided(2, extents, strides, dnnl_f32, &plain),
                "layout of weights \(inputs) to \(outputs)")
            return OneDNNOperation(runtime, "packing \(inputs) to \(outputs)") {
                onednn_reorder_create($0, &plain, &packed, $1)
            }
        }

        /// The product of one piece, into a dense tile.
        func linearShape(
            rows: Int, inputs: Int, outputs: Int, hasBias: Bool, _ activation: Activation, _ type: ElementType
        ) -> OneDNNMatmulShape {
            OneDNNMatmulShape(
                rows: rows, inner: inputs, columns: outputs, sourceStride: inputs, weights: .packed,
                destinationStride: outputs, operandType: activationType, destinationType: type,
                hasBias: hasBias, activation: activation)
        }

        func linear(_ x: Tensor, _ weights: any PackedLinear, activation: Activation, into y: Tensor) {
            guard let layer = weights as? OneDNNLinear else {
                preconditionFailure("OneDNNEngine: weights packed by \(type(of: weights))")
            }
            precondition(
                x.elementType == activationType && (y.elementType == .f32 || y.elementType == activationType),
                "linear: \(x.elementType) into \(y.elementType) at \(precision)")
            let (inputs, outputs) = (layer.inputWidth, layer.outputWidth)
            let (source, target, bytes) = (x.address, y.address, y.elementType.byteCount)
            let bias = layer.bias?.floatAddress
            // The library is fast only into dense tiles, so a tile that is no whole row of y is moved there.
            let products = layer.tiles.sizes(tokens: x.shape[1]).reduce(into: [:]) { table, size in
                table[size] = operation(
                    linearShape(
                        rows: size.rows, inputs: inputs, outputs: size.columns, hasBias: bias != nil,
                        activation,
                        y.elementType))
            }
            let tileByteCount = products.values.map(\.destinationByteCount).max() ?? 0
            scratch.reserve(tileByteCount + 64 + (products.values.map(\.scratchByteCount).max() ?? 0))
            layer.tiles.forEach(x, into: y, pool) { piece, worker in
                let (first, count) = (piece.columns.lowerBound, piece.columns.count)
                let tile = scratch.address(of: worker)
                let place = target + (piece.firstRow * outputs + first) * bytes
                let whole = count == outputs
                products[.init(rows: piece.rowCount, columns: count)]?.run(
                    worker: worker, source: source + piece.firstRow * inputs * x.elementType.byteCount,
                    weights: layer.block(piece.columnTile), bias: bias.map { UnsafeRawPointer($0 + first) },
                    destination: whole ? place : tile, scratch: tile + (tileByteCount + 63) / 64 * 64)
                guard !whole else { return }
                for row in 0..<piece.rowCount {
                    (place + row * outputs * bytes).copyMemory(
                        from: tile + row * count * bytes, byteCount: count * bytes)
                }
            }
        }
    }
#endif
