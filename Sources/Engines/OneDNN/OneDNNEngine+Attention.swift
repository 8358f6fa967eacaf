#if OneDNN
    import Tensors

    extension OneDNNEngine {
        /// Scores in f32, probabilities in the activation type; query, key and value are read where they lie.
        func attention(
            _ query: RowsView, _ key: RowsView, _ value: RowsView, _ terms: AttentionTerms, into y: RowsView
        ) {
            let tiles = AttentionTiles(query, key, value, terms, into: y, activationType: activationType)
            let bytes = activationType.byteCount
            let (queries, keys) = (query.tensor.address, key.tensor.address)
            let (values, target) = (value.tensor.address, y.tensor.address)
            let products = tiles.extents.reduce(into: [:]) { $0[$1] = pair($1, tiles) }
            let library = products.values.map { max($0.scores.scratchByteCount, $0.result.scratchByteCount) }
            let sizes = AttentionRoom.Sizes(tiles, activationType)
            scratch.reserve(sizes.total + (library.max() ?? 0))
            tiles.forEach(pool) { part, worker in
                guard let product = products[part.extents] else { return }
                let room = AttentionRoom(scratch.address(of: worker), sizes)
                let isWhole = part.extents.isWhole
                product.scores.run(
                    worker: worker, source: queries + part.firstQuery * bytes,
                    weights: keys + part.firstKey * bytes, destination: room.scores, scratch: room.rest)
                tiles.softmax(part, room, activationType)
                product.result.run(
                    worker: worker, source: room.probabilities, weights: values + part.firstValue * bytes,
                    destination: isWhole
                        ? target + part.firstResult * bytes : UnsafeMutableRawPointer(room.product),
                    scratch: room.rest)
                if !isWhole { tiles.merge(part, room, into: target, activationType) }
            }
        }

        private func pair(
            _ extents: AttentionTiles.Extents, _ tiles: AttentionTiles
        ) -> (scores: OneDNNOperation, result: OneDNNOperation) {
            let strides = tiles.strides
            let scores = OneDNNMatmulShape(
                rows: extents.queries, inner: tiles.headWidth, columns: extents.keys,
                sourceStride: strides.query, weights: .columnMajor(strides.key),
                destinationStride: extents.keys, operandType: activationType, destinationType: .f32)
            let result = OneDNNMatmulShape(
                rows: extents.queries, inner: extents.keys, columns: tiles.headWidth,
                sourceStride: extents.keys, weights: .rowMajor(strides.value),
                destinationStride: extents.isWhole ? strides.result : tiles.headWidth,
                operandType: activationType, destinationType: extents.isWhole ? activationType : .f32)
            return (operation(scores), operation(result))
        }
    }
#endif
