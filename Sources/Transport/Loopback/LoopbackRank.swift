import Tensors

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// One rank of a loopback cluster, used by that rank's thread alone.
final class LoopbackRank: Communicator {
    // Tags below 0 belong to the collectives; `Communicator`'s callers use 0 and above.
    private static let broadcastTag = -1
    private static let gatherTag = -2

    let rank: Int
    let exchange: LoopbackExchange
    /// Endless: a run that cannot go on throws by itself.
    let patience = Patience.endless
    /// Transfers that nobody has seen complete yet.
    var openSends = 0
    var openReceives = 0

    private let sendMode: LoopbackCluster.SendMode
    private var undelivered: [LoopbackSend] = []

    init(_ rank: Int, _ exchange: LoopbackExchange, _ sendMode: LoopbackCluster.SendMode) {
        self.rank = rank
        self.exchange = exchange
        self.sendMode = sendMode
    }

    var size: Int { exchange.rankCount }
    var hostName: String { ProcessInfo.processInfo.hostName }

    func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        let channel = checkedChannel(source: self.rank, target: rank, tag: tag)
        let payload = sendMode == .buffered ? bytes.bytes : nil
        let key = try exchange.announceSend(channel, payload: payload)
        let transfer = LoopbackSend(key, bytes, isDelivered: payload != nil, owner: self)
        openSends += 1
        if payload == nil { undelivered.append(transfer) }
        progress()
        return transfer
    }

    func receive(into bytes: AlignedBytes, from rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        let channel = checkedChannel(source: rank, target: self.rank, tag: tag)
        let key = try exchange.announceReceive(channel)
        openReceives += 1
        progress()
        return LoopbackReceive(key, bytes, owner: self)
    }

    func broadcast(_ bytes: [UInt8], from root: Int) throws(TransportError) -> [UInt8] {
        precondition((0..<size).contains(root), "broadcast from rank \(root) of \(size)")
        guard rank == root else { return try takeControl(from: root, Self.broadcastTag, "broadcast") }
        for other in 0..<size where other != root { try post(bytes, to: other, Self.broadcastTag) }
        return bytes
    }

    func gather(_ bytes: [UInt8], to root: Int) throws(TransportError) -> [[UInt8]] {
        precondition((0..<size).contains(root), "gather to rank \(root) of \(size)")
        guard rank == root else {
            try post(bytes, to: root, Self.gatherTag)
            return []
        }
        var pieces: [[UInt8]] = []
        for other in 0..<size {
            pieces.append(other == root ? bytes : try takeControl(from: other, Self.gatherTag, "gather"))
        }
        return pieces
    }

    func barrier() throws(TransportError) {
        _ = try gather([], to: 0)
        _ = try broadcast([], from: 0)
    }

    /// Copies out of the buffers of those synchronous sends whose receives have been posted.
    func progress() {
        undelivered.removeAll { send in
            guard exchange.isExpected(send.key) else { return false }
            exchange.deliver(send.key, send.bytes.bytes)
            send.isDelivered = true
            return true
        }
    }

    /// Blocks this rank, moving its own sends on meanwhile.
    func block(_ what: String, until isDone: () throws(TransportError) -> Bool) throws(TransportError) {
        try exchange.block(rank, what, progress: progress, until: isDone)
    }

    /// Refuses to end while transfers are open: under MPI their buffers would still be in use.
    func checkNothingIsOpen() throws(TransportError) {
        guard openSends + openReceives > 0 else { return }
        throw TransportError(
            "rank \(rank) returned with \(openSends) sends and \(openReceives) receives that it neither "
                + "waited for nor saw complete")
    }

    private func post(_ bytes: [UInt8], to target: Int, _ tag: Int) throws(TransportError) {
        let channel = LoopbackExchange.Channel(source: rank, target: target, tag: tag)
        _ = try exchange.announceSend(channel, payload: bytes)
    }

    private func takeControl(from source: Int, _ tag: Int, _ name: String) throws(TransportError) -> [UInt8] {
        let channel = LoopbackExchange.Channel(source: source, target: rank, tag: tag)
        let key = try exchange.announceReceive(channel)
        var payload: [UInt8]?
        try block("rank \(source)'s part of a \(name)") { () throws(TransportError) in
            payload = try exchange.take(key)
            return payload != nil
        }
        return payload ?? []
    }

    private func checkedChannel(source: Int, target: Int, tag: Int) -> LoopbackExchange.Channel {
        precondition((0..<size).contains(source), "receive from rank \(source) of \(size)")
        precondition((0..<size).contains(target), "send to rank \(target) of \(size)")
        precondition(tag >= 0, "tag \(tag) is below 0")
        return LoopbackExchange.Channel(source: source, target: target, tag: tag)
    }
}
