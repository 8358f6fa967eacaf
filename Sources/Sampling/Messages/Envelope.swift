import Failures
import Tensors
import Transport

/// What a message says of itself, so that two ranks that have lost step find out and stop.
struct Envelope: Equatable, CustomStringConvertible {
    /// What a message carries.
    enum Kind: Int {
        /// Hidden state from one stage to the next.
        case activation = 1
        /// A group's latents from the tail to the head.
        case latents
        /// A finished image's latent from the tail to the rank that decodes it.
        case finished
        /// A finished image's latent and picture, to rank 0.
        case picture
        /// Whether an image computes a step, from rank 0.
        case decision
        /// What the tail saw of an image's step, to rank 0.
        case observation
        /// The hidden state behind the first block, from the head to the tail.
        case firstBlock
        /// Whether a round of the schedule is gone into, and trajectories saved before it, from rank 0.
        case order
        /// The state of a group's trajectories, from the tail to rank 0.
        case saved
        /// The state that a group's trajectories go on from, from rank 0 to the tail.
        case restored
    }

    var kind: Kind
    var step: Int
    /// The group of images; of a finished one, the image's number.
    var group: Int
    var part: Int
    /// The run's plan, folded to 48 bits.
    var planHash: UInt64

    /// Floats that an envelope takes: one cache line, so that what follows it stays aligned.
    static let count = 16
    static let byteCount = count * 4

    var description: String {
        "\(kind) of step \(step), group \(group), part \(part), plan \(String(planHash, radix: 16))"
    }

    /// The envelope as floats, which carry integers below 2²⁴ exactly.
    var floats: [Float] {
        let fields = [kind.rawValue, step, group & 0xffff, group >> 16, part].map { Float($0) }
        let hash = [planHash & 0xffff, planHash >> 16 & 0xffff, planHash >> 32 & 0xffff].map { Float($0) }
        return fields + hash + [Float](repeating: 0, count: Self.count - fields.count - hash.count)
    }

    /// Whether a received header is this envelope.
    func matches(_ header: Tensor) -> Bool { header.values == floats }

    /// - Throws: `SamplingError` unless a received header is this envelope.
    func require(
        _ header: Tensor, from sender: Int, _ communicator: any Communicator
    ) throws(SamplingError) {
        guard matches(header) else {
            throw SamplingError(
                .unavailable,
                "rank \(communicator.rank) on \(communicator.hostName) expected \(self) from rank \(sender), "
                    + "but got \(Self.describe(header)): the ranks do not run the same plan")
        }
    }

    /// A received header in words.
    static func describe(_ header: Tensor) -> String {
        let fields = header.values
        guard fields.allSatisfy({ $0 >= 0 && $0 < 16_777_216 }), let kind = Kind(rawValue: Int(fields[0]))
        else {
            return "something that is no message of this program"
        }
        let hash = (0..<3).reduce(UInt64(0)) { $0 | UInt64(fields[5 + $1]) << (16 * $1) }
        return Envelope(
            kind: kind, step: Int(fields[1]), group: Int(fields[2]) | Int(fields[3]) << 16,
            part: Int(fields[4]),
            planHash: hash
        ).description
    }
}
