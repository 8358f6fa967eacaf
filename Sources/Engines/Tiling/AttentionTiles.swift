import Tensors

/// The pieces of an attention: some queries of one head of one image.
struct AttentionTiles {
    let images: Int
    let tokens: Int
    let width: Int
    let heads: Int
    let headWidth: Int
    /// How the queries are cut, by N alone.
    let queries: Tiles

    init(_ qkv: Tensor, heads: Int, into y: Tensor, activationType: ElementType) {
        precondition(
            qkv.shape.count == 3 && heads > 0 && qkv.shape[2] % (3 * heads) == 0
                && y.shape == [qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3]
                && qkv.elementType == activationType && y.elementType == activationType,
            """
            attention: \(heads) heads on \(qkv.shape) \(qkv.elementType) into \(y.shape) \(y.elementType), \
            in \(activationType)
            """)
        (images, tokens, width) = (qkv.shape[0], qkv.shape[1], qkv.shape[2] / 3)
        self.heads = heads
        headWidth = width / heads
        queries = Tiles(tokens, limit: 128)
    }

    /// The softmax's factor, 1 / √(D/H).
    var scale: Float { 1 / Float(headWidth).squareRoot() }

    /// One piece, in elements from the start of qkv and of y.
    struct Piece {
        let queryCount: Int
        let firstQuery: Int
        let firstKey: Int
        let firstValue: Int
        let firstResult: Int
    }

    /// Calls `body` for every piece, on the pool's threads.
    func forEach(_ pool: ThreadPool, _ body: (Piece, _ worker: Int) -> Void) {
        pool.forEach(images * heads * queries.parts) { index, worker in
            let range = queries[index % queries.parts]
            let head = index / queries.parts % heads
            let image = index / (queries.parts * heads)
            let start = image * tokens * 3 * width + head * headWidth
            let piece = Piece(
                queryCount: range.count, firstQuery: start + range.lowerBound * 3 * width,
                firstKey: start + width, firstValue: start + 2 * width,
                firstResult: (image * tokens + range.lowerBound) * width + head * headWidth)
            body(piece, worker)
        }
    }
}
