import CKernels
import Tensors

extension Engine {
    /// y += x.
    /// - Parameters:
    ///   - x: f32, of as many elements as y.
    ///   - y: f32.
    public func add(_ x: Tensor, to y: Tensor) {
        precondition(x.count == y.count, "add: \(x.shape) to \(y.shape)")
        let (source, target) = (x.floatAddress, y.floatAddress)
        pool.forEachPart(of: y.count, length: partLength) { part in
            loops.add(source + part.lowerBound, part.count, target + part.lowerBound)
        }
    }

    /// y = a − b.
    /// - Parameters:
    ///   - a: f32, of as many elements as y.
    ///   - b: f32, of as many elements as y.
    ///   - y: f32; may be a or b.
    public func subtract(_ a: Tensor, _ b: Tensor, into y: Tensor) {
        precondition(
            a.count == y.count && b.count == y.count, "subtract: \(a.shape) − \(b.shape) into \(y.shape)")
        let (minuend, subtrahend, target) = (a.floatAddress, b.floatAddress, y.floatAddress)
        pool.forEachPart(of: y.count, length: partLength) { part in
            let start = part.lowerBound
            loops.subtract(minuend + start, subtrahend + start, part.count, target + start)
        }
    }

    /// y += factor · x.
    /// - Parameters:
    ///   - x: f32, of as many elements as y.
    ///   - y: f32.
    public func add(_ x: Tensor, times factor: Float, to y: Tensor) {
        precondition(x.count == y.count, "add: \(x.shape) to \(y.shape)")
        let (source, target) = (x.floatAddress, y.floatAddress)
        pool.forEachPart(of: y.count, length: partLength) { part in
            loops.add_scaled(source + part.lowerBound, factor, part.count, target + part.lowerBound)
        }
    }

    /// y = factor · (a − b).
    /// - Parameters:
    ///   - a: f32, of as many elements as y.
    ///   - b: f32, of as many elements as y.
    ///   - y: f32; may be a or b.
    public func subtract(_ a: Tensor, _ b: Tensor, times factor: Float, into y: Tensor) {
        precondition(
            a.count == y.count && b.count == y.count, "subtract: \(a.shape) − \(b.shape) into \(y.shape)")
        let (minuend, subtrahend, target) = (a.floatAddress, b.floatAddress, y.floatAddress)
        pool.forEachPart(of: y.count, length: partLength) { part in
            let start = part.lowerBound
            loops.scaled_difference(
                minuend + start, subtrahend + start, factor, part.count, target + start)
        }
    }

    /// y = x in y's element type, rounded to nearest even; NaN stays NaN.
    /// - Parameters:
    ///   - x: f32, bf16 or f16, of as many elements as y.
    ///   - y: f32 or bf16, or x's type.
    public func convert(_ x: Tensor, into y: Tensor) {
        guard x.elementType != y.elementType else { return y.copy(from: x) }
        precondition(
            x.count == y.count && y.elementType != .f16,
            "convert: \(x.shape) \(x.elementType) into \(y.shape) \(y.elementType)")
        let (source, target) = (x.address, y.address)
        pool.forEachPart(of: y.count, length: partLength) { part in
            let start = part.lowerBound
            loops.convert(
                source + start * x.elementType.byteCount, x.format, part.count,
                target + start * y.elementType.byteCount, y.format)
        }
    }
}
