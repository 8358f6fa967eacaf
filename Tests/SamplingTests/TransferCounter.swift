import Tensors
import Transport

/// A communicator that counts the transfers of its rank that nobody has seen complete yet.
final class TransferCounter: Forwarding {
    fileprivate var open = 0
    /// As many as were open at once.
    private(set) var mostOpen = 0
    /// As many pieces of memory as transfers were in that existed at once, the largest ones only.
    private(set) var mostBuffers = 0
    private var buffers: [Held] = []
    private struct Held { weak var bytes: AlignedBytes? }

    override func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        count(bytes, try super.send(bytes, to: rank, tag: tag))
    }

    override func receive(
        into bytes: AlignedBytes, from rank: Int, tag: Int
    ) throws(TransportError) -> any Transfer {
        count(bytes, try super.receive(into: bytes, from: rank, tag: tag))
    }

    private func count(_ bytes: AlignedBytes, _ transfer: any Transfer) -> any Transfer {
        open += 1
        mostOpen = max(mostOpen, open)
        buffers.removeAll { $0.bytes == nil || $0.bytes === bytes }
        buffers.append(Held(bytes: bytes))
        let sizes = buffers.compactMap { $0.bytes?.byteCount }
        mostBuffers = max(mostBuffers, sizes.count { $0 == sizes.max() })
        return CountedTransfer(transfer, self)
    }
}

private final class CountedTransfer: Transfer {
    private let base: any Transfer
    private let counter: TransferCounter
    private var isOpen = true

    init(_ base: any Transfer, _ counter: TransferCounter) {
        self.base = base
        self.counter = counter
    }

    func isComplete() throws(TransportError) -> Bool {
        let isComplete = try base.isComplete()
        if isComplete { close() }
        return isComplete
    }

    func wait() throws(TransportError) {
        try base.wait()
        close()
    }

    func wait(for what: @autoclosure () -> String, idle: () throws -> Bool) throws {
        try base.wait(for: what(), idle: idle)
        close()
    }

    func cancel() throws(TransportError) {
        try base.cancel()
        close()
    }

    private func close() {
        if isOpen { counter.open -= 1 }
        isOpen = false
    }
}
