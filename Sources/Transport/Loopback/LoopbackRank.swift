import FoundationEssentials
import Tensors

/// One rank of a loopback cluster, used by that rank's thread alone.
final class LoopbackRank: Communicator {
    // Tags below 0 belong to the collectives; `Communicator`'s callers use 0 and above.
    private static let broadcastTag = -1
    private static let gatherTag = -2

    let rank: Int
    let exchange: LoopbackExchange
    /// Known to all at once.
    var isAway = true {
        didSet {
            if isAway != oldValue { exchange.watchdog.hear(isAway ? .away : .back, from: members[rank]) }
        }
    }
    var progress: (@Sendable () -> Void)? { { [exchange] in _ = exchange.watchdog.noteWork() } }
    let messages: LoopbackMessages

    private let sendMode: LoopbackCluster.SendMode
    /// The cluster's ranks that belong to this communicator.
    private let members: [Int]
    private let splits: [Int]
    private var splitCount = 0

    convenience init(_ rank: Int, _ exchange: LoopbackExchange, _ sendMode: LoopbackCluster.SendMode) {
        self.init(
            rank, exchange, sendMode, LoopbackMessages(exchange), members: Array(0..<exchange.rankCount),
            splits: [])
    }

    private init(
        _ rank: Int, _ exchange: LoopbackExchange, _ sendMode: LoopbackCluster.SendMode,
        _ messages: LoopbackMessages, members: [Int], splits: [Int]
    ) {
        self.rank = rank
        self.exchange = exchange
        self.sendMode = sendMode
        self.messages = messages
        self.members = members
        self.splits = splits
    }

    var size: Int { members.count }
    var hostName: String { ProcessInfo.processInfo.hostName }

    func send(_ bytes: AlignedBytes, to rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        let channel = checkedChannel(source: self.rank, target: rank, tag: tag)
        let payload = sendMode == .buffered ? bytes.bytes : nil
        let key = try exchange.announceSend(channel, payload: payload)
        let transfer = LoopbackSend(key, bytes, isDelivered: payload != nil, owner: self)
        messages.openSends += 1
        if payload == nil { messages.undelivered.append(transfer) }
        moveOn()
        return transfer
    }

    func receive(into bytes: AlignedBytes, from rank: Int, tag: Int) throws(TransportError) -> any Transfer {
        let channel = checkedChannel(source: rank, target: self.rank, tag: tag)
        let key = try exchange.announceReceive(channel)
        messages.openReceives += 1
        moveOn()
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

    func split(color: Int) throws(TransportError) -> any Communicator {
        precondition(color >= 0, "colour \(color) is below 0")
        let colors = try allGather(color)
        let alike = colors.indices.filter { colors[$0] == color }
        let own = alike.firstIndex(of: rank) ?? 0
        splitCount += 1
        return LoopbackRank(
            own, exchange, sendMode, messages, members: alike.map { members[$0] },
            splits: splits + [splitCount, color])
    }

    /// Copies out of the buffers of those synchronous sends whose receives have been posted.
    func moveOn() { messages.progress() }

    /// Blocks this rank, moving its own sends on meanwhile.
    func block(_ what: () -> String, until isDone: () throws(TransportError) -> Bool) throws(TransportError) {
        beginWait()
        defer { endWait() }
        while true {
            moveOn()
            if try isDone() { return }
            try exchange.awaitNews(members[rank], what)
        }
    }

    /// The same, with work to do meanwhile.
    func block(
        _ what: () -> String, until isDone: () throws(TransportError) -> Bool, idle: () throws -> Bool
    ) throws {
        beginWait()
        defer { endWait() }
        while true {
            moveOn()
            if try isDone() { return }
            if try idle() {
                _ = exchange.watchdog.noteWork()
            } else {
                try exchange.awaitNews(members[rank], what)
            }
        }
    }

    private func beginWait() {
        _ = exchange.watchdog.noteWork()
        if isAway { exchange.watchdog.hear(.back, from: members[rank]) }
    }

    private func endWait() {
        if isAway { exchange.watchdog.hear(.away, from: members[rank]) }
    }

    /// Refuses to end while transfers are open: under MPI their buffers would still be in use.
    func checkNothingIsOpen() throws(TransportError) {
        guard messages.openSends + messages.openReceives > 0 else { return }
        throw TransportError(
            "rank \(rank) returned with \(messages.openSends) sends and \(messages.openReceives) receives that it neither "
                + "waited for nor saw complete")
    }

    private func post(_ bytes: [UInt8], to target: Int, _ tag: Int) throws(TransportError) {
        let channel = channel(source: rank, target: target, tag: tag)
        _ = try exchange.announceSend(channel, payload: bytes)
    }

    private func takeControl(from source: Int, _ tag: Int, _ name: String) throws(TransportError) -> [UInt8] {
        let channel = channel(source: source, target: rank, tag: tag)
        let key = try exchange.announceReceive(channel)
        var payload: [UInt8]?
        try block({ "rank \(source)'s part of a \(name)" }) { () throws(TransportError) in
            payload = try exchange.take(key)
            return payload != nil
        }
        return payload ?? []
    }

    private func checkedChannel(source: Int, target: Int, tag: Int) -> LoopbackExchange.Channel {
        precondition((0..<size).contains(source), "receive from rank \(source) of \(size)")
        precondition((0..<size).contains(target), "send to rank \(target) of \(size)")
        precondition(tag >= 0, "tag \(tag) is below 0")
        return channel(source: source, target: target, tag: tag)
    }

    private func channel(source: Int, target: Int, tag: Int) -> LoopbackExchange.Channel {
        LoopbackExchange.Channel(
            splits: splits, source: members[source], target: members[target], tag: tag)
    }
}
