import Tensors

/// The frames that a causal convolution has seen last, for when the next ones come.
public final class FrameHistory {
    /// What stands before the first frame.
    public enum Start: Sendable {
        /// Zeros (`WanCausalConv3d`).
        case zeros
        /// The first frame again and again (`CogVideoXCausalConv3d`).
        case firstFrame
    }

    private let start: Start
    /// [H, W, C] f32 each, oldest first.
    private var frames: [Tensor] = []

    /// Of a clip that begins.
    public init(_ start: Start) { self.start = start }

    /// The frame that many before the next chunk's first one; nil for zeros.
    func frame(before distance: Int, of chunk: Tensor) -> Tensor? {
        if distance <= frames.count { return frames[frames.count - distance] }
        switch start {
        case .zeros: return nil
        case .firstFrame: return frames.first ?? chunk[0]
        }
    }

    /// Copies a chunk's last frames, so that `count` are held, fewer after a short start.
    func append(_ chunk: Tensor, keeping count: Int) {
        for index in max(0, chunk.shape[0] - count)..<chunk.shape[0] {
            let frame = chunk[index]
            let isFull = frames.count == count
            let room = isFull ? frames.removeFirst() : Tensor(zeros: frame.shape)
            room.copy(from: frame)
            frames.append(room)
        }
    }
}
