internal import COpenMPI
import Tensors
import Transport

/// MPI's world, or a part of it, as a communicator.
final class MPICommunicator: Communicator {
    let rank: Int
    let size: Int
    let hostName: String
    let patience: Patience
    let messages: MPIProgress
    private let handle: MPI_Comm?
    private let synchronousSends: Bool

    init(
        rank: Int, size: Int, hostName: String, patience: Patience, messages: MPIProgress, handle: MPI_Comm?,
        synchronousSends: Bool
    ) {
        self.handle = handle
        self.patience = patience
        self.messages = messages
        self.rank = rank
        self.size = size
        self.hostName = hostName
        self.synchronousSends = synchronousSends
    }

    var progress: (@Sendable () -> Void)? { { [messages] in messages.poll() } }

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
        let counts = lengths.map { Int32($0) }
        let displacements = starts.map { Int32($0) }
        // MPI reads the two arrays until the gather is over, so the wait is inside their closures.
        try counts.withUnsafeBufferPointer { (counts) throws(TransportError) in
            try displacements.withUnsafeBufferPointer { (displacements) throws(TransportError) in
                try all.withUnsafeMutableBytes { (all) throws(TransportError) in
                    let transfer = try MPITransfer(self, own, "MPI_Igatherv", detail("to rank \(root)")) {
                        MPI_Igatherv(
                            $0, $1, COpenMPI_byte(), all.baseAddress, counts.baseAddress,
                            displacements.baseAddress, COpenMPI_byte(), Int32(root), handle,
                            &$2)
                    }
                    try transfer.wait()
                }
            }
        }
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
            rank: Int(rank), size: Int(size), hostName: hostName, patience: patience, messages: messages,
            handle: part, synchronousSends: synchronousSends)
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
        try all.withUnsafeMutableBytes { (all) throws(TransportError) in
            let transfer = try MPITransfer(self, AlignedBytes(own), "MPI_Iallgather", detail("lengths")) {
                MPI_Iallgather(
                    $0, $1, COpenMPI_byte(), all.baseAddress, $1, COpenMPI_byte(), handle, &$2)
            }
            try transfer.wait()
        }
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
