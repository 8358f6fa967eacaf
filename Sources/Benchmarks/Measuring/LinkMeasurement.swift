import Engines
import Tensors
import Transport

/// Measures the link between two ranks of a communicator; the others take no part and get nil.
///
/// Latency is half of an empty round trip, bandwidth that of a long message, and overlap the share of a long
/// message's time that disappears behind compute which polls between its pieces, as the blocks do.
/// - Parameters:
///   - pair: two ranks, the lower first.
///   - byteCount: of the long message; one micro-batch of the model.
///   - engine: what computes meanwhile.
/// - Throws: `TransportError`.
public func measureLink(
    _ communicator: any Communicator, between pair: (Int, Int), byteCount: Int, engine: any Engine
) throws -> LinkCosts? {
    guard communicator.rank == pair.0 || communicator.rank == pair.1 else { return nil }
    let link = LinkPing(communicator, pair, byteCount: byteCount)
    let latency = try link.oneWaySeconds(bytes: 1, rounds: 200)
    let whole = try link.oneWaySeconds(bytes: byteCount, rounds: 10)
    let transfer = max(whole - latency, 1e-9)
    let overlap = try link.overlap(whole: whole, engine)
    return LinkCosts(
        latencySeconds: latency, bytesPerSecond: Double(byteCount) / transfer, overlap: overlap)
}

/// Messages to and fro between two ranks.
private struct LinkPing {
    private static let tag = 1
    private let communicator: any Communicator
    private let isFirst: Bool
    private let other: Int
    private let byteCount: Int
    /// Memory that the messages of one measurement may take.
    private static let mostBytes = 1 << 26

    init(_ communicator: any Communicator, _ pair: (Int, Int), byteCount: Int) {
        self.communicator = communicator
        isFirst = communicator.rank == pair.0
        other = isFirst ? pair.1 : pair.0
        self.byteCount = byteCount
    }

    /// Half of the median round trip, alike on both ranks.
    func oneWaySeconds(bytes: Int, rounds: Int) throws -> Double {
        let (sent, received) = (AlignedBytes(byteCount: bytes), AlignedBytes(byteCount: bytes))
        var times: [Double] = []
        for _ in 0..<rounds + 2 {
            let start = ContinuousClock.now
            if isFirst {
                let sending = try communicator.send(sent, to: other, tag: Self.tag)
                try communicator.receive(into: received, from: other, tag: Self.tag).wait()
                try sending.wait()
            } else {
                try communicator.receive(into: received, from: other, tag: Self.tag).wait()
                try communicator.send(sent, to: other, tag: Self.tag).wait()
            }
            times.append((ContinuousClock.now - start) / .seconds(1))
        }
        return try agreed(Spread(Array(times.dropFirst(2))).median / 2)
    }

    /// How much of long messages' time is hidden by compute, from 0 to 1, the mean of both ranks.
    ///
    /// There are so many messages that they take some milliseconds, which a clock and a scheduler can tell.
    func overlap(whole: Double, _ engine: any Engine) throws -> Double {
        let piece = ComputePiece(engine)
        let messages = max(1, min(Int(0.005 / whole), Self.mostBytes / max(1, byteCount)))
        let transfer = whole * Double(messages)
        let buffers = (0..<messages).map { _ in AlignedBytes(byteCount: byteCount) }
        let pieces = max(1, Int((2 * transfer / piece.seconds).rounded(.up)))
        var hidden: [Double] = []
        for _ in 0..<5 {
            _ = try oneWaySeconds(bytes: 1, rounds: 1)
            let alone = seconds { for _ in 0..<pieces { piece.run() } }
            _ = try oneWaySeconds(bytes: 1, rounds: 1)
            let both = try seconds {
                let transfers = try buffers.map { buffer in
                    isFirst
                        ? try communicator.send(buffer, to: other, tag: Self.tag)
                        : try communicator.receive(into: buffer, from: other, tag: Self.tag)
                }
                for _ in 0..<pieces {
                    piece.run()
                    for transfer in transfers { _ = try transfer.isComplete() }
                }
                for transfer in transfers { try transfer.wait() }
            }
            hidden.append(min(1, max(0, 1 - (both - alone) / transfer)))
        }
        let own = Spread(hidden).median
        return (own + (try exchanged(own))) / 2
    }

    private func seconds(_ body: () throws -> Void) rethrows -> Double {
        let start = ContinuousClock.now
        try body()
        return (ContinuousClock.now - start) / .seconds(1)
    }

    /// The first rank's value.
    private func agreed(_ value: Double) throws -> Double {
        let others = try exchanged(value)
        return isFirst ? value : others
    }

    /// What the other rank has given.
    private func exchanged(_ value: Double) throws -> Double {
        let bits = value.bitPattern
        let own = AlignedBytes((0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) })
        let others = AlignedBytes(byteCount: 8)
        let sending = try communicator.send(own, to: other, tag: Self.tag)
        try communicator.receive(into: others, from: other, tag: Self.tag).wait()
        try sending.wait()
        return Double(bitPattern: others.bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
    }
}

/// About a millisecond of compute.
private struct ComputePiece {
    let seconds: Double
    private let engine: any Engine
    private let weights: any PackedLinear
    private let x: Tensor
    private let y: Tensor

    init(_ engine: any Engine) {
        let (rows, width) = (128, 512)
        let weights = engine.pack(weight: noise([width, width]), bias: nil)
        let x = Tensor(zeros: [1, rows, width], engine.activationType)
        let y = Tensor(zeros: [1, rows, width], engine.activationType)
        self.engine = engine
        self.weights = weights
        self.x = x
        self.y = y
        let times = timed(for: 0.02) { engine.linear(x, weights, activation: .identity, into: y) }
        seconds = Spread(times).median
    }

    func run() { engine.linear(x, weights, activation: .identity, into: y) }
}
