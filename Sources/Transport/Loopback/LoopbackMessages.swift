import Tensors

/// What one thread of a loopback cluster has under way, in all its communicators.
final class LoopbackMessages {
    /// Transfers that nobody has seen complete yet.
    var openSends = 0
    var openReceives = 0
    /// Synchronous sends whose bytes have not left.
    var undelivered: [LoopbackSend] = []
    private let exchange: LoopbackExchange

    init(_ exchange: LoopbackExchange) { self.exchange = exchange }

    /// Copies out of the buffers of those synchronous sends whose receives have been posted.
    func progress() {
        undelivered.removeAll { send in
            guard exchange.isExpected(send.key) else { return false }
            exchange.deliver(send.key, send.bytes.bytes)
            send.isDelivered = true
            return true
        }
    }
}
