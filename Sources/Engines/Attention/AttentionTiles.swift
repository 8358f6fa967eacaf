import CKernels
import Tensors

/// The pieces of an attention: some queries of one head of one image, with all keys that they see.
struct AttentionTiles {
    /// Numbers of one head in a row.
    let headWidth: Int
    private let query: RowsView
    private let key: RowsView
    private let value: RowsView
    private let result: RowsView
    private let terms: AttentionTerms
    private let scale: Float
    /// Query heads that share a key head.
    private let group: Int
    /// How the queries are cut, by their number alone.
    private let queries: Tiles
    /// All extents that parts have.
    private(set) var extents: Set<Extents> = []

    init(
        _ query: RowsView, _ key: RowsView, _ value: RowsView, _ terms: AttentionTerms, into result: RowsView,
        activationType: ElementType
    ) {
        let headWidth = query.width / max(1, terms.heads)
        let keyHeads = key.width / max(1, headWidth)
        precondition(
            terms.heads > 0 && headWidth * terms.heads == query.width && headWidth * keyHeads == key.width
                && keyHeads > 0 && terms.heads % keyHeads == 0 && key.isAlike(value) && query.isAlike(result)
                && key.images == query.images && key.rows > 0
                && [query, key, value, result].allSatisfy { $0.elementType == activationType },
            """
            attention: \(terms.heads) heads, query \(query), key \(key), value \(value), into \(result), \
            in \(activationType)
            """)
        if let counts = terms.keyCounts {
            precondition(
                counts.count == key.images && counts.allSatisfy { (1...key.rows).contains($0) },
                "attention: \(counts) of \(key.rows) keys for \(key.images) images")
        }
        if let bias = terms.bias {
            let shape = bias.shape
            precondition(
                shape.count == 3 && [1, terms.heads].contains(shape[0]) && [1, query.rows].contains(shape[1])
                    && shape[2] == key.rows && bias.elementType == .f32,
                "attention: bias \(shape) \(bias.elementType) for \(terms.heads) heads, \(query) and \(key)")
        }
        (self.query, self.key, self.value, self.result, self.terms) = (query, key, value, result, terms)
        self.headWidth = headWidth
        group = terms.heads / keyHeads
        scale = terms.scale ?? 1 / Float(headWidth).squareRoot()
        precondition(scale > 0, "attention: scale \(scale)")
        queries = Tiles(query.rows, limit: 128)
        extents = allExtents()
    }

    /// The extents of a part's products.
    struct Extents: Hashable {
        let queries: Int
        let keys: Int
        /// Whether these are all keys that the queries see, so that the product with the values is the result.
        let isWhole: Bool
    }

    /// Some of the keys of a piece: where its operands start, in elements from the start of each tensor.
    struct Part {
        let extents: Extents
        let firstQuery: Int
        let firstKey: Int
        let firstValue: Int
        let firstResult: Int
        fileprivate let head: Int
        /// Of the queries and of the keys, in their image.
        fileprivate let queryRow: Int
        fileprivate let keyRow: Int
        fileprivate let isLast: Bool
    }

    /// Elements from row to row.
    var strides: (query: Int, key: Int, value: Int, result: Int) {
        (query.rowStride, key.rowStride, value.rowStride, result.rowStride)
    }

    private func allExtents() -> Set<Extents> {
        var all: Set<Extents> = []
        for image in 0..<(terms.keyCounts == nil ? min(1, query.images) : query.images) {
            for part in 0..<queries.parts {
                let parts = parts(of: queries[part], image: image)
                for keys in [parts[0], parts[parts.parts - 1]] {
                    all.insert(
                        Extents(queries: queries[part].count, keys: keys.count, isWhole: parts.parts == 1))
                }
            }
        }
        return all
    }

    /// So many keys that their scores stay in a core's cache, unless all of them nearly do.
    private static func parts(_ keys: Int) -> Tiles { Tiles(keys, limit: keys > 4096 ? 1024 : 4096) }

    private func parts(of rows: Range<Int>, image: Int) -> Tiles {
        let keys = terms.keyCounts?[image] ?? key.rows
        return AttentionTiles.parts(terms.isCausal ? min(keys, rows.upperBound) : keys)
    }

    /// Calls `body` for every part of every piece, on the pool's threads: those of one piece in order and by one worker.
    func forEach(_ pool: ThreadPool, _ body: (Part, _ worker: Int) -> Void) {
        let heads = terms.heads
        pool.forEach(query.images * heads * queries.parts) { index, worker in
            let rows = queries[index % queries.parts]
            let head = index / queries.parts % heads
            let image = index / (queries.parts * heads)
            let (column, keyColumn) = (head * headWidth, head / group * headWidth)
            let parts = parts(of: rows, image: image)
            for part in 0..<parts.parts {
                let keys = parts[part]
                body(
                    Part(
                        extents: Extents(queries: rows.count, keys: keys.count, isWhole: parts.parts == 1),
                        firstQuery: query.index(image: image, row: rows.lowerBound, column: column),
                        firstKey: key.index(image: image, row: keys.lowerBound, column: keyColumn),
                        firstValue: value.index(image: image, row: keys.lowerBound, column: keyColumn),
                        firstResult: result.index(image: image, row: rows.lowerBound, column: column),
                        head: head, queryRow: rows.lowerBound, keyRow: keys.lowerBound,
                        isLast: part == parts.parts - 1), worker)
            }
        }
    }

    /// Probabilities from a part's products Q Kᵀ; up to a factor if it is not whole.
    func softmax(_ part: Part, _ room: AttentionRoom, _ type: ElementType) {
        let keys = part.extents.keys
        for row in 0..<part.extents.queries {
            let scores = room.scores + row * keys
            let end = terms.isCausal ? part.queryRow + row + 1 - part.keyRow : keys
            let seen = max(0, min(keys, end))
            if let bias = terms.bias {
                let (heads, rows) = (bias.shape[0], bias.shape[1])
                let place = (heads == 1 ? 0 : part.head) * rows + (rows == 1 ? 0 : part.queryRow + row)
                // The scale multiplies the sum.
                loops.add_scaled(
                    bias.floatAddress + place * key.rows + part.keyRow, 1 / scale, seen, scores)
            }
            let result = room.probabilities + row * keys * type.byteCount
            if part.extents.isWhole {
                loops.softmax(scores, scale, seen, result, type.format)
            } else {
                if part.keyRow == 0 { (room.maxima[row], room.sums[row]) = (-.greatestFiniteMagnitude, 0) }
                room.shares[row] = loops.softmax_part(
                    scores, scale, seen, result, type.format, room.maxima + row, room.sums + row)
            }
            (result + seen * type.byteCount)
                .initializeMemory(as: UInt8.self, repeating: 0, count: (keys - seen) * type.byteCount)
        }
    }

    /// Adds what a part's keys come to, in `room.product`, to those before it; after the last one, into the result.
    ///
    /// The largest score changes from part to part, and with it the unit of exponentials (arXiv 2205.14135).
    func merge(_ part: Part, _ room: AttentionRoom, into y: UnsafeMutableRawPointer, _ type: ElementType) {
        for row in 0..<part.extents.queries {
            let (product, total) = (room.product + row * headWidth, room.total + row * headWidth)
            if part.keyRow == 0 {
                total.update(from: product, count: headWidth)
            } else if part.isLast {
                let unit = 1 / room.sums[row]
                let place = (part.firstResult + row * strides.result) * type.byteCount
                loops.blend(product, unit, total, unit * room.shares[row], headWidth, y + place, type.format)
            } else {
                loops.blend(product, 1, total, room.shares[row], headWidth, total, CKERNELS_F32)
            }
        }
    }
}
