import CKernels
import COpenBLAS
import LinearAlgebra
import Tensors

/// Products by OpenBLAS, in f32, on every CPU.
final class OpenBLASEngine: Engine {
    let pool: ThreadPool
    let scratch: WorkerScratch
    private let kernels: OpenBLASKernels
    var activationType: ElementType { .f32 }

    var description: EngineDescription {
        EngineDescription(
            name: "openblas", precision: .f32, threads: pool.threads,
            kernels: "\(kernels.name), CKernels \(loopLevelName)")
    }

    /// - Throws: ``EngineError`` if no kernels of the library multiply right here, or it gets no room to work in.
    init(_ pool: ThreadPool) throws(EngineError) {
        do throws(LinearAlgebraError) {
            try OpenBLASBuffers.reserve(pool.threads)
            kernels = try OpenBLASKernels.chosen.get()
        } catch {
            throw EngineError(error)
        }
        self.pool = pool
        scratch = WorkerScratch(workers: pool.threads)
        // Threads are ours: the library must not start its own below them.
        openblas_set_num_threads(1)
    }

    func pack(weight: Tensor, bias: Tensor?) -> any PackedLinear {
        OpenBLASLinear(weight: weight, bias: bias)
    }

    func linear(_ x: Tensor, _ weights: any PackedLinear, activation: Activation, into y: Tensor) {
        guard let layer = weights as? OpenBLASLinear else {
            preconditionFailure("OpenBLASEngine: weights packed by \(type(of: weights))")
        }
        let (inputs, outputs) = (layer.inputWidth, layer.outputWidth)
        let (source, target) = (x.floatAddress, y.floatAddress)
        let (weight, bias) = (layer.weight.floatAddress, layer.bias?.floatAddress)
        layer.tiles.forEach(x, into: y, pool) { piece, _ in
            let (first, count) = (piece.columns.lowerBound, piece.columns.count)
            let tile = target + piece.firstRow * outputs + first
            OpenBLASKernels.multiply(
                (piece.rowCount, count, inputs), source + piece.firstRow * inputs, inputs,
                weight + first * inputs, inputs, transposed: true, into: tile, outputs)
            guard bias != nil || activation != .identity else { return }
            for row in 0..<piece.rowCount {
                let numbers = tile + row * outputs
                loops.activate(
                    numbers, bias.map { $0 + first }, activation.loop, count, numbers, CKERNELS_F32)
            }
        }
    }

    func attention(_ qkv: Tensor, heads: Int, into y: Tensor) {
        let tiles = AttentionTiles(qkv, heads: heads, into: y, activationType: .f32)
        let (tokens, stride) = (tiles.tokens, 3 * tiles.width)
        let (source, target) = (qkv.floatAddress, y.floatAddress)
        scratch.reserve(tiles.queries.length * tokens * MemoryLayout<Float>.stride)
        tiles.forEach(pool) { piece, worker in
            let scores = scratch.address(of: worker).assumingMemoryBound(to: Float.self)
            OpenBLASKernels.multiply(
                (piece.queryCount, tokens, tiles.headWidth), source + piece.firstQuery, stride,
                source + piece.firstKey, stride, transposed: true, into: scores, tokens)
            for row in 0..<piece.queryCount {
                let numbers = scores + row * tokens
                loops.softmax(numbers, tiles.scale, tokens, numbers, CKERNELS_F32)
            }
            OpenBLASKernels.multiply(
                (piece.queryCount, tiles.headWidth, tokens), scores, tokens, source + piece.firstValue,
                stride,
                transposed: false, into: target + piece.firstResult, tiles.width)
        }
    }

    func pack(convolution weight: Tensor, bias: Tensor) -> any PackedConvolution {
        OpenBLASConvolution(weight: weight, bias: bias)
    }
}
