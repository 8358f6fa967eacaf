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

    /// How many bytes each takes, in whole cache lines.
    struct Sizes {
        fileprivate let scores: Int
        fileprivate let probabilities: Int
        fileprivate let product: Int
        fileprivate let row: Int

        init(_ tiles: AttentionTiles, _ type: ElementType) {
            func lines(_ count: Int, _ type: ElementType) -> Int { (count * type.byteCount + 63) / 64 * 64 }
            let queries = tiles.extents.map(\.queries).max() ?? 0
            let count = queries * (tiles.extents.map(\.keys).max() ?? 0)
            (scores, probabilities) = (lines(count, .f32), type == .f32 ? 0 : lines(count, type))
            // What parts are merged in is there only where pieces are cut.
            let merged = tiles.extents.allSatisfy(\.isWhole) ? 0 : queries
            (product, row) = (lines(merged * tiles.headWidth, .f32), lines(merged, .f32))
        }

        /// Bytes of all but the library's.
        var total: Int { scores + probabilities + 2 * product + 3 * row }
    }

    /// - Parameter start: of memory for as many bytes as the sizes say, and what the library wants.
    // Safe: all parts lie within those bytes, and no other worker has them.
    init(_ start: UnsafeMutableRawPointer, _ sizes: Sizes) {
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
        probabilities = sizes.probabilities == 0 ? UnsafeMutableRawPointer(scores) : narrow
        (product, total) = (floats(sizes.product), floats(sizes.product))
        (maxima, sums, shares) = (floats(sizes.row), floats(sizes.row), floats(sizes.row))
        rest = next
    }
}
