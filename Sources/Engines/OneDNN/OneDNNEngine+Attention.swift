#if OneDNN
    import CKernels
    import Tensors

    extension OneDNNEngine {
        /// Scores in f32, probabilities in the activation type; query, key and value are read where they lie.
        func attention(_ qkv: Tensor, heads: Int, into y: Tensor) {
            let tiles = AttentionTiles(qkv, heads: heads, into: y, activationType: activationType)
            let tokens = tiles.tokens
            let bytes = activationType.byteCount
            let (source, target) = (qkv.address, y.address)
            let counts = Set((0..<tiles.queries.parts).map { tiles.queries[$0].count })
            let products = counts.reduce(into: [:]) { $0[$1] = pair($1, tiles) }
            let scoresByteCount = tiles.queries.length * tokens * MemoryLayout<Float>.stride
            let library = products.values.map { max($0.scores.scratchByteCount, $0.result.scratchByteCount) }
            scratch.reserve(2 * scoresByteCount + 128 + (library.max() ?? 0))
            tiles.forEach(pool) { piece, worker in
                guard let product = products[piece.queryCount] else { return }
                let rounded = (scoresByteCount + 63) / 64 * 64
                let scores = scratch.address(of: worker)
                // In f32 the probabilities take the place of the scores.
                let probabilities = activationType == .f32 ? scores : scores + rounded
                let libraryScratch = scores + 2 * rounded
                product.scores.run(
                    worker: worker, source: source + piece.firstQuery * bytes,
                    weights: source + piece.firstKey * bytes, destination: scores, scratch: libraryScratch)
                for row in 0..<piece.queryCount {
                    loops.softmax(
                        scores.assumingMemoryBound(to: Float.self) + row * tokens, tiles.scale, tokens,
                        probabilities + row * tokens * bytes, activationType.format)
                }
                product.result.run(
                    worker: worker, source: probabilities, weights: source + piece.firstValue * bytes,
                    destination: target + piece.firstResult * bytes, scratch: libraryScratch)
            }
        }

        private func pair(
            _ queries: Int, _ tiles: AttentionTiles
        ) -> (scores: OneDNNOperation, result: OneDNNOperation) {
            let stride = 3 * tiles.width
            let scores = OneDNNMatmulShape(
                rows: queries, inner: tiles.headWidth, columns: tiles.tokens, sourceStride: stride,
                weights: .columnMajor(stride), destinationStride: tiles.tokens, operandType: activationType,
                destinationType: .f32)
            let result = OneDNNMatmulShape(
                rows: queries, inner: tiles.tokens, columns: tiles.headWidth, sourceStride: tiles.tokens,
                weights: .rowMajor(stride), destinationStride: tiles.width, operandType: activationType,
                destinationType: activationType)
            return (operation(scores), operation(result))
        }
    }
#endif
