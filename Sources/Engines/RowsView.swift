import Tensors

/// M images of N rows of W adjacent numbers that lie in a tensor among others.
///
/// Some columns of a fused product, the text's rows of a joint sequence, or one place's rows of all frames.
public struct RowsView {
    /// What they lie in, dense.
    public let tensor: Tensor
    /// M.
    public let images: Int
    /// N.
    public let rows: Int
    /// W.
    public let width: Int
    /// Elements from row to row, and from image to image.
    let rowStride: Int
    let imageStride: Int
    private let offset: Int

    /// All of a tensor [M, N, W].
    public init(_ tensor: Tensor) {
        precondition(tensor.shape.count == 3, "RowsView: \(tensor.shape) is not [images, rows, width]")
        let (images, rows, width) = (tensor.shape[0], tensor.shape[1], tensor.shape[2])
        self.init(
            tensor, images: images, rows: rows, width: width, rowStride: width, imageStride: rows * width,
            offset: 0)
    }

    private init(
        _ tensor: Tensor, images: Int, rows: Int, width: Int, rowStride: Int, imageStride: Int, offset: Int
    ) {
        self.tensor = tensor
        (self.images, self.rows, self.width) = (images, rows, width)
        (self.rowStride, self.imageStride, self.offset) = (rowStride, imageStride, offset)
    }

    /// Some rows of each image.
    public func rows(_ range: Range<Int>) -> RowsView {
        precondition(range.lowerBound >= 0 && range.upperBound <= rows, "RowsView: rows \(range) of \(rows)")
        return RowsView(
            tensor, images: images, rows: range.count, width: width, rowStride: rowStride,
            imageStride: imageStride, offset: offset + range.lowerBound * rowStride)
    }

    /// Some columns of each row.
    public func columns(_ range: Range<Int>) -> RowsView {
        precondition(
            range.lowerBound >= 0 && range.upperBound <= width, "RowsView: columns \(range) of \(width)")
        return RowsView(
            tensor, images: images, rows: rows, width: range.count, rowStride: rowStride,
            imageStride: imageStride, offset: offset + range.lowerBound)
    }

    /// The same numbers as N images of M rows: with a video's frames as images, one place's rows of all frames.
    public var exchanged: RowsView {
        RowsView(
            tensor, images: rows, rows: images, width: width, rowStride: imageStride, imageStride: rowStride,
            offset: offset)
    }

    /// The same places of another tensor of the same shape.
    public func view(of other: Tensor) -> RowsView {
        precondition(other.shape == tensor.shape, "RowsView: \(other.shape) in place of \(tensor.shape)")
        return RowsView(
            other, images: images, rows: rows, width: width, rowStride: rowStride, imageStride: imageStride,
            offset: offset)
    }

    /// The format of the numbers.
    public var elementType: ElementType { tensor.elementType }

    /// Where the number stands in the tensor, in elements from its start.
    func index(image: Int, row: Int, column: Int = 0) -> Int {
        offset + image * imageStride + row * rowStride + column
    }
}

extension RowsView {
    /// Calls `body` for every row, on the pool's threads.
    func forEachRow(_ pool: ThreadPool, _ body: (_ image: Int, _ row: Int) -> Void) {
        let rows = rows
        pool.forEachPart(of: images * rows, length: partLength / max(1, width) + 1) { part in
            for index in part { body(index / rows, index % rows) }
        }
    }

    /// Whether another has as many images and rows, and as wide ones.
    func isAlike(_ other: RowsView) -> Bool {
        images == other.images && rows == other.rows && width == other.width
    }
}

extension RowsView: CustomStringConvertible {
    /// Extents and format, for messages.
    public var description: String { "[\(images), \(rows), \(width)] \(elementType)" }
}

extension Tensor {
    /// Some columns of the rows of a tensor [M, N, W].
    public func columns(_ range: Range<Int>) -> RowsView { RowsView(self).columns(range) }
}
