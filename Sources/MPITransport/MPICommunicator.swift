internal import COpenMPI
import Tensors
import Transport

/// MPI's world, or a part of it, as a communicator.
final class MPICommunicator: Communicator {
    let rank: Int
    let size: Int
    let hostName: String
    let messages: MPIProgress
    private let handle: MPI_Comm?
    private let synchronousSends: Bool

    init(
        rank: Int, size: Int, hostName: String, messages: MPIProgress, handle: MPI_Comm?,
        synchronousSends: Bool
    ) {
        self.handle = handle
        self.messages = messages
        self.rank = rank
        self.size = size
        self.hostName = hostName
        self.synchronousSends = synchronousSends
    }

    /// Of the whole process, whichever part of the world this is.
    var isAway: Bool {
        get { messages.isAway }
        set { messages.isAway = newValue }
    }

    var progress: (@Sendable () -> Void)? { { [messages] in messages.poll() } }

    /// Ends a wait in a run that stands still.
    func checkSilence(for what: () -> String) throws(TransportError) {
        try messages.check(named: { "rank \(rank) on \(hostName)" }, for: what)
    }

    func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        let target = checked(rank, tag: tag)
        let call = synchronousSends ? "MPI_Issend" : "MPI_Isend"
        let start = synchronousSends ? MPI_Issend : MPI_Isend
        return try MPITransfer(self, bytes, call, detail("sending tag \(tag) to rank \(rank)")) {
            start($0, $1, COpenMPI_byte(), target, Int32(tag), handle, &$2)
        }
    }

    func receive(into bytes: AlignedBytes, from rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        let source = checked(rank, tag: tag)
        return try MPITransfer(
            self, bytes, "MPI_Irecv", detail("receiving tag \(tag) from rank \(rank)"),
            received: (source: rank, rank: self.rank, tag: tag)
        ) {
            MPI_Irecv($0, $1, COpenMPI_byte(), source, Int32(tag), handle, &$2)
        }
    }

    func broadcast(_ bytes: [UInt8], from root: Int) throws(TransportError) -> [UInt8] {
        let length = AlignedBytes(encoded(rank == root ? bytes.count : 0))
        try broadcastInPlace(length, from: root)
        let message = rank == root ? AlignedBytes(bytes) : AlignedBytes(byteCount: decoded(length.bytes))
        try broadcastInPlace(message, from: root)
        return message.bytes
    }

    func gather(_ bytes: [UInt8], to root: Int) throws(TransportError) -> [[UInt8]] {
        let lengths = try allGatherLengths(bytes.count)
        let own = AlignedBytes(bytes)
        // Every rank knows the total, so that all refuse together what is too long.
        let total = lengths.reduce(0, +)
        _ = try messageCount(total, detail("gathering to rank \(root)"))
        let all = AlignedBytes(byteCount: rank == root ? total : 0)
        let starts = lengths.indices.map { lengths[..<$0].reduce(0, +) }
        let counts = AlignedBytes(int32s: lengths)
        let displacements = AlignedBytes(int32s: starts)
        try MPITransfer(
            self, own, "MPI_Igatherv", detail("to rank \(root)"), keeping: [all, counts, displacements]
        ) {
            MPI_Igatherv(
                $0, $1, COpenMPI_byte(), all.address, counts.int32s, displacements.int32s, COpenMPI_byte(),
                Int32(root), handle, &$2)
        }.wait()
        guard rank == root else { return [] }
        let gathered = all.bytes
        return zip(starts, lengths).map { Array(gathered[$0..<$0 + $1]) }
    }

    func barrier() throws(TransportError) {
        let transfer = try MPITransfer(self, AlignedBytes(byteCount: 0), "MPI_Ibarrier", detail("barrier")) {
            MPI_Ibarrier(handle, &$2)
        }
        try transfer.wait()
    }

    /// MPI keeps a part until it ends: parts are few, and freeing one would be a collective.
    func split(color: Int) throws(TransportError) -> any Communicator {
        precondition((0...Int(Int32.max)).contains(color), "colour \(color) is not in 0 ... \(Int32.max)")
        // MPI_Comm_split spins while it waits.
        try barrier()
        var part: MPI_Comm?
        try checkMPI(
            MPI_Comm_split(handle, Int32(color), Int32(self.rank), &part), "MPI_Comm_split",
            detail("colour \(color)"))
        var (rank, size): (Int32, Int32) = (0, 0)
        try checkMPI(MPI_Comm_rank(part, &rank), "MPI_Comm_rank")
        try checkMPI(MPI_Comm_size(part, &size), "MPI_Comm_size")
        return MPICommunicator(
            rank: Int(rank), size: Int(size), hostName: hostName, messages: messages, handle: part,
            synchronousSends: synchronousSends)
    }

    private func broadcastInPlace(_ bytes: AlignedBytes, from root: Int) throws(TransportError) {
        let transfer = try MPITransfer(self, bytes, "MPI_Ibcast", detail("from rank \(root)")) {
            MPI_Ibcast($0, $1, COpenMPI_byte(), Int32(root), handle, &$2)
        }
        try transfer.wait()
    }

    private func allGatherLengths(_ length: Int) throws(TransportError) -> [Int] {
        let own = encoded(length)
        let all = AlignedBytes(byteCount: own.count * size)
        try MPITransfer(self, AlignedBytes(own), "MPI_Iallgather", detail("lengths"), keeping: [all]) {
            MPI_Iallgather($0, $1, COpenMPI_byte(), all.address, $1, COpenMPI_byte(), handle, &$2)
        }.wait()
        let bytes = all.bytes
        return (0..<size).map { decoded(Array(bytes[$0 * own.count..<($0 + 1) * own.count])) }
    }

    private func detail(_ doing: String) -> String { "rank \(rank) on \(hostName), \(doing)" }

    private func checked(_ peer: Int, tag: Int) -> Int32 {
        precondition((0..<size).contains(peer), "rank \(peer) of \(size)")
        precondition((0...Int(Int32.max)).contains(tag), "tag \(tag) is not in 0 ... \(Int32.max)")
        return Int32(peer)
    }
}

/// A length as eight bytes, lowest first.
private func encoded(_ length: Int) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: length >> ($0 * 8)) }
}

private func decoded(_ bytes: [UInt8]) -> Int {
    bytes.reversed().reduce(0) { $0 << 8 | Int($1) }
}

extension AlignedBytes {
    /// Where the bytes are.
    ///
    /// Safe for a transfer that keeps them.
    fileprivate var address: UnsafeMutableRawPointer? { withUnsafeMutableBytes { $0.baseAddress } }

    /// The bytes as MPI's integers.
    fileprivate var int32s: UnsafeMutablePointer<Int32>? { address?.assumingMemoryBound(to: Int32.self) }

    /// Numbers as MPI's integers, for which they are not too large.
    fileprivate convenience init(int32s numbers: [Int]) {
        self.init(byteCount: numbers.count * MemoryLayout<Int32>.stride)
        withUnsafeMutableBytes { bytes in
            for (place, number) in numbers.enumerated() {
                bytes.storeBytes(
                    of: Int32(number), toByteOffset: place * MemoryLayout<Int32>.stride, as: Int32.self)
            }
        }
    }
}
