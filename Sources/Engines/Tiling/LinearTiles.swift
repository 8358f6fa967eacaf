import Tensors

/// The pieces of a linear layer.
///
/// An image's rows, cut by N alone, times the weight's columns, cut by the layer's widths alone. One library
/// call makes each, so that nothing else can change its result.
struct LinearTiles {
    /// The weight's columns (outputs).
    let columns: Tiles
    private let inputs: Int
    private let outputs: Int

    /// - Parameters:
    ///   - inputs: length of an input row.
    ///   - outputs: length of an output row.
    ///   - limit: most columns that suit the library; a layer has about four pieces at least, so that there is
    ///     something to share out even for one small image.
    init(inputs: Int, outputs: Int, limit: Int) {
        let limit = max(64, min(limit, (outputs + 3) / 4) / 64 * 64)
        columns = Tiles(outputs, limit: limit, multiple: 64)
        (self.inputs, self.outputs) = (inputs, outputs)
    }

    /// One piece.
    struct Piece {
        /// The piece's first row among all M·N rows.
        let firstRow: Int
        /// How many of them.
        let rowCount: Int
        /// Which part of `columns`.
        let columnTile: Int
        /// The outputs in it.
        let columns: Range<Int>
    }

    /// Calls `body` for every piece of M images, on the pool's threads.
    ///
    /// Pieces that share weights follow each other, so that a thread finds them in its cache.
    func forEach(_ x: Tensor, into y: Tensor, _ pool: ThreadPool, _ body: (Piece, _ worker: Int) -> Void) {
        precondition(
            x.shape.count == 3 && y.shape == [x.shape[0], x.shape[1], outputs] && x.shape[2] == inputs,
            "linear: \(inputs) to \(outputs) on \(x.shape) into \(y.shape)")
        let (images, tokens) = (x.shape[0], x.shape[1])
        let rows = LinearTiles.rows(tokens)
        let perColumn = images * rows.parts
        pool.forEach(perColumn * columns.parts) { index, worker in
            let (columnTile, rest) = (index / perColumn, index % perColumn)
            let range = rows[rest % rows.parts]
            let piece = Piece(
                firstRow: rest / rows.parts * tokens + range.lowerBound, rowCount: range.count,
                columnTile: columnTile, columns: columns[columnTile])
            body(piece, worker)
        }
    }

    /// The extents that pieces have: the last parts may be smaller.
    func sizes(tokens: Int) -> [PieceSize] {
        let rows = LinearTiles.rows(tokens)
        let rowCounts = Set([rows[0].count, rows[rows.parts - 1].count])
        let columnCounts = Set([columns[0].count, columns[columns.parts - 1].count])
        return rowCounts.flatMap { rows in columnCounts.map { PieceSize(rows: rows, columns: $0) } }
    }

    /// The extents of a piece.
    struct PieceSize: Hashable {
        let rows: Int
        let columns: Int
    }

    /// How an image's rows are cut.
    static func rows(_ tokens: Int) -> Tiles { Tiles(tokens, limit: 256) }
}
