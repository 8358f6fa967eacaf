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

    func attention(
        _ query: RowsView, _ key: RowsView, _ value: RowsView, _ terms: AttentionTerms, into y: RowsView
    ) {
        let tiles = AttentionTiles(query, key, value, terms, into: y, activationType: .f32)
        let (strides, headWidth) = (tiles.strides, tiles.headWidth)
        let (queries, keys) = (query.tensor.floatAddress, key.tensor.floatAddress)
        let (values, target) = (value.tensor.floatAddress, y.tensor.floatAddress)
        let sizes = AttentionRoom.Sizes(tiles, .f32)
        scratch.reserve(sizes.total)
        tiles.forEach(pool) { part, worker in
            let room = AttentionRoom(scratch.address(of: worker), sizes)
            let extents = part.extents
            OpenBLASKernels.multiply(
                (extents.queries, extents.keys, headWidth), queries + part.firstQuery, strides.query,
                keys + part.firstKey, strides.key, transposed: true, into: room.scores, extents.keys)
            tiles.softmax(part, room, .f32)
            OpenBLASKernels.multiply(
                (extents.queries, headWidth, extents.keys), room.scores, extents.keys,
                values + part.firstValue, strides.value, transposed: false,
                into: extents.isWhole ? target + part.firstResult : room.product,
                extents.isWhole ? strides.result : headWidth)
            if !extents.isWhole { tiles.merge(part, room, into: target, .f32) }
        }
    }

    func pack(convolution weight: Tensor, bias: Tensor?, stride: Int) -> any PackedConvolution {
        OpenBLASConvolution(weight: weight, bias: bias, stride: stride)
    }
}
