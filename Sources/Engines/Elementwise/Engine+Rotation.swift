import CKernels
import Tensors

/// Which two numbers of a head make a point that is turned.
public enum RotaryPoints: Sendable, CaseIterable {
    /// 2i and 2i + 1: the diffusion transformers.
    case pairs
    /// i and i + W/2: the language models.
    case halves
}

extension Engine {
    /// Turns each point (a, b) of each head into (a cos − b sin, b cos + a sin), the rotary embedding of arXiv 2104.09864.
    /// - Parameters:
    ///   - x: [M, N, W], f32 or bf16; W is a multiple of the table's head width.
    ///   - table: [N, 2, A] f32: for each row the cosines, then the sines, of the A angles of a head 2·A wide.
    ///   - points: which numbers make a point.
    ///   - y: [M, N, W], f32 or bf16; may be x.
    public func rotate(_ x: RowsView, by table: Tensor, _ points: RotaryPoints, into y: RowsView) {
        let shape = table.shape
        precondition(
            shape.count == 3 && shape[0] == x.rows && shape[1] == 2 && shape[2] > 0
                && x.width % (2 * shape[2]) == 0 && x.isAlike(y) && x.elementType != .f16
                && y.elementType != .f16,
            "rotate: \(x) by \(shape) into \(y)")
        let (angles, cosines) = (shape[2], table.floatAddress)
        let turn = points == .pairs ? loops.rotate_pairs : loops.rotate_halves
        y.forEachRow(pool) { image, row in
            let cosine = cosines + row * 2 * angles
            for column in stride(from: 0, to: x.width, by: 2 * angles) {
                turn(
                    x.address(image: image, row: row, column: column), x.format, cosine, cosine + angles,
                    angles, y.address(image: image, row: row, column: column), y.format)
            }
        }
    }
}
