import Tensors

/// A send of a loopback rank; a buffered one is over when it is made.
final class LoopbackSend: Transfer {
    let key: LoopbackExchange.MessageKey
    let bytes: AlignedBytes
    /// Whether the bytes have left.
    var isDelivered: Bool
    private let owner: LoopbackRank
    private var wasSeenComplete = false

    init(_ key: LoopbackExchange.MessageKey, _ bytes: AlignedBytes, isDelivered: Bool, owner: LoopbackRank) {
        self.key = key
        self.bytes = bytes
        self.isDelivered = isDelivered
        self.owner = owner
    }

    func isComplete() throws(TransportError) -> Bool {
        owner.moveOn()
        if !isDelivered { try owner.exchange.checkAlive() }
        if isDelivered { close() }
        return isDelivered
    }

    func wait() throws(TransportError) {
        try owner.block({ "rank \(key.channel.target) to receive tag \(key.channel.tag)" }) { isDelivered }
        close()
    }

    func wait(for what: @autoclosure () -> String, idle: () throws -> Bool) throws {
        try owner.block(what, until: { isDelivered }, idle: idle)
        close()
    }

    func cancel() { preconditionFailure("a send to rank \(key.channel.target) cannot be given up") }

    private func close() {
        if !wasSeenComplete { owner.messages.openSends -= 1 }
        wasSeenComplete = true
    }
}

/// A receive of a loopback rank.
final class LoopbackReceive: Transfer {
    private let key: LoopbackExchange.MessageKey
    private let bytes: AlignedBytes
    private let owner: LoopbackRank
    private var wasSeenComplete = false

    init(_ key: LoopbackExchange.MessageKey, _ bytes: AlignedBytes, owner: LoopbackRank) {
        self.key = key
        self.bytes = bytes
        self.owner = owner
    }

    func isComplete() throws(TransportError) -> Bool {
        owner.moveOn()
        return try takeIfArrived()
    }

    func wait() throws(TransportError) {
        try owner.block({ "tag \(key.channel.tag) from rank \(key.channel.source)" }, until: takeIfArrived)
    }

    func wait(for what: @autoclosure () -> String, idle: () throws -> Bool) throws {
        try owner.block(what, until: takeIfArrived, idle: idle)
    }

    func cancel() {
        precondition(!wasSeenComplete, "LoopbackReceive: the message of tag \(key.channel.tag) is here")
        wasSeenComplete = true
        owner.messages.openReceives -= 1
        owner.exchange.withdrawReceive(key)
    }

    private func takeIfArrived() throws(TransportError) -> Bool {
        if wasSeenComplete { return true }
        guard let payload = try owner.exchange.take(key) else { return false }
        wasSeenComplete = true
        owner.messages.openReceives -= 1
        try checkLength(
            found: payload.count, expected: bytes.byteCount, from: key.channel.source, to: key.channel.target,
            tag: key.channel.tag)
        bytes.assign(payload)
        return true
    }
}
