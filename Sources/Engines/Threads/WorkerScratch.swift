import Tensors

/// Memory for each worker of a pool that keeps its contents for nobody.
final class WorkerScratch {
    private var blocks: [AlignedBytes]

    init(workers: Int) {
        blocks = (0..<workers).map { _ in AlignedBytes(byteCount: 0) }
    }

    /// Makes room for every worker; called before the workers start.
    func reserve(_ byteCount: Int) {
        guard let held = blocks.first?.byteCount, held < byteCount else { return }
        blocks = blocks.map { _ in AlignedBytes(byteCount: byteCount) }
    }

    /// The start of a worker's memory, aligned to 64 bytes; good until the next `reserve`.
    func address(of worker: Int) -> UnsafeMutableRawPointer { blocks[worker].address }
}
