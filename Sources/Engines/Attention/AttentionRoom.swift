import Tensors

/// A worker's memory during an attention.
struct AttentionRoom {
    /// [queries, keys] of a part.
    let scores: UnsafeMutablePointer<Float>
    /// The same of the activation type; in f32 they take the place of the scores.
    let probabilities: UnsafeMutableRawPointer
    /// [queries, head width]: what a part's keys come to, and what those before it did.
    let product: UnsafeMutablePointer<Float>
    let total: UnsafeMutablePointer<Float>
    /// Of each query: the largest score so far, the sum of its exponentials, and what the last change of the largest has
    /// made of earlier sums.
    let maxima: UnsafeMutablePointer<Float>
    let sums: UnsafeMutablePointer<Float>
    let shares: UnsafeMutablePointer<Float>
    /// For the library.
    let rest: UnsafeMutableRawPointer

    /// - Parameter start: of memory for as many bytes as `byteCount(_:_:)` says, and what the library wants.
    // Safe: all parts lie within those bytes, and no other worker has them.
    init(_ start: UnsafeMutableRawPointer, _ tiles: AttentionTiles, _ type: ElementType) {
        let sizes = AttentionRoom.sizes(tiles, type)
        var next = start
        func take(_ byteCount: Int) -> UnsafeMutableRawPointer {
            defer { next += byteCount }
            return next
        }
        func floats(_ byteCount: Int) -> UnsafeMutablePointer<Float> {
            take(byteCount).assumingMemoryBound(to: Float.self)
        }
        scores = floats(sizes.scores)
        let narrow = take(sizes.probabilities)
        probabilities = type == .f32 ? UnsafeMutableRawPointer(scores) : narrow
        (product, total) = (floats(sizes.product), floats(sizes.product))
        (maxima, sums, shares) = (floats(sizes.rows), floats(sizes.rows), floats(sizes.rows))
        rest = next
    }

    /// Bytes without the library's.
    static func byteCount(_ tiles: AttentionTiles, _ type: ElementType) -> Int {
        let sizes = sizes(tiles, type)
        return sizes.scores + sizes.probabilities + 2 * sizes.product + 3 * sizes.rows
    }

    /// Bytes of each; whole cache lines.
    private static func sizes(
        _ tiles: AttentionTiles, _ type: ElementType
    ) -> (scores: Int, probabilities: Int, product: Int, rows: Int) {
        func lines(_ count: Int, _ type: ElementType) -> Int { (count * type.byteCount + 63) / 64 * 64 }
        let (queries, keys) = tiles.largest
        // What parts are merged in is only there where pieces are cut.
        let rows = tiles.isCut ? queries : 0
        return (
            lines(queries * keys, .f32), type == .f32 ? 0 : lines(queries * keys, type),
            lines(rows * tiles.headWidth, .f32), lines(rows, .f32)
        )
    }
}
