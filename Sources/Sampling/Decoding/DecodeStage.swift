import Models
import RunTrace
import Tensors
import Transport

/// An image at its end.
///
/// Its tensors are valid until the call that delivers it returns: their memory takes later images.
public struct FinishedImage {
    /// Its number in the run.
    public let image: Int
    /// The final latent, [C, H, W] f32.
    public let latent: Tensor
    /// The picture, [3, H·upscale, W·upscale] f32 in about −1…1.
    public let picture: Tensor
}

extension LoadedStage {
    /// Decodes a final latent, [C, H, W], that an earlier run has left.
    /// - Precondition: this rank has the decoder.
    public func finished(image: Int, latent: Tensor) -> FinishedImage {
        guard let decoder else { preconditionFailure("LoadedStage: no decoder for image \(image)") }
        return FinishedImage(image: image, latent: latent, picture: decoder.decode(latent))
    }
}

/// Turns finished latents into pictures where there is time: while a rank waits for others, and at the end.
///
/// The tail sends each finished latent to the rank that the run description names; that rank sends latent and
/// picture to rank 0, which delivers them. Both orders are read off the schedule.
final class DecodeStage {
    private let context: StageContext
    private let deliver: (FinishedImage) throws -> Void
    private let outbox: Outbox
    private var own: [(image: Int, latent: Tensor)] = []
    private var latents: Inbox?
    private var pictures: [Inbox] = []
    private var slotsBehind = 0
    /// Time spent decoding so far.
    private(set) var seconds = 0.0

    private static let messagesAhead = 4

    init(_ context: StageContext, deliver: @escaping (FinishedImage) throws -> Void) throws(TransportError) {
        self.context = context
        self.deliver = deliver
        let communicator = context.communicator
        let rank = communicator.rank
        let tail = communicator.size - 1
        outbox = Outbox(communicator, trace: context.trace, depth: 64)
        if rank != tail {
            latents = try Self.inbox(.finished, context.latentShape, ofImagesOn: rank, from: tail, context)
        }
        guard rank == 0 else { return }
        for other in 1..<max(1, communicator.size) {
            let shape = [
                Tensor.elementCount(of: context.latentShape) + Tensor.elementCount(of: context.pictureShape)
            ]
            pictures.append(try Self.inbox(.picture, shape, ofImagesOn: other, from: other, context))
        }
    }

    /// Takes a finished latent [C, H, W] on the tail and sees that it gets to the rank that decodes it.
    func offer(image: Int, latent: Tensor) throws {
        let rank = context.run.decodingRank(of: image)
        if rank == context.communicator.rank {
            let copy = Tensor(zeros: latent.shape)
            copy.copy(from: latent)
            own.append((image, copy))
        } else {
            try outbox.send(latent, context.envelope(.finished, group: image), to: rank)
        }
    }

    /// Does one piece of work if there is some: says whether there was.
    func work() throws -> Bool {
        if try collectAny() { return true }
        try outbox.poll()
        guard let next = try nextLatent(waiting: false) else { return false }
        try decode(next.image, next.latent)
        return true
    }

    /// Called after each slot: a lone rank, which never waits, decodes at once; others see to it that nothing
    /// lies for more than a few rounds.
    func keepUp() throws {
        if context.communicator.size == 1 {
            while try work() {}
            return
        }
        slotsBehind += 1
        if slotsBehind > 2 * context.schedule.round, try work() { slotsBehind = 0 }
    }

    /// Decodes and delivers all that is left of the images below a number, behind which the tail has finished none;
    /// returns when nothing is under way any more.
    func finish(below end: Int) throws {
        func isDue(_ inbox: Inbox) -> Bool { (inbox.nextEnvelope?.group ?? end) < end }
        while !own.isEmpty || latents.map(isDue) ?? false, let next = try nextLatent(waiting: true) {
            try decode(next.image, next.latent)
        }
        // Whichever comes first: a rank whose pictures pile up may be the one that another rank waits for.
        for inbox in pictures {
            while isDue(inbox) { try collect(inbox) { try collectAny(except: inbox) } }
        }
        try outbox.finish()
        try latents?.close()
        for inbox in pictures { try inbox.close() }
    }

    private func nextLatent(waiting: Bool) throws -> (image: Int, latent: Tensor)? {
        if !own.isEmpty { return own.removeFirst() }
        guard let latents, let envelope = latents.nextEnvelope else { return nil }
        guard try waiting || latents.isReady() else { return nil }
        return (envelope.group, try latents.next { try collectAny() })
    }

    /// Delivers one picture of another rank, if one is here: says whether there was.
    private func collectAny(except waiting: Inbox? = nil) throws -> Bool {
        for inbox in pictures where try inbox !== waiting && inbox.isReady() {
            try collect(inbox)
            return true
        }
        return false
    }

    private func decode(_ image: Int, _ latent: Tensor) throws {
        guard let decoder = context.stage.decoder else {
            preconditionFailure("DecodeStage: rank \(context.communicator.rank) has no decoder")
        }
        let start = ContinuousClock.now
        let picture = context.trace.span(.decode, group: image) { decoder.decode(latent) }
        seconds += (ContinuousClock.now - start).seconds
        if context.communicator.rank == 0 {
            try deliver(FinishedImage(image: image, latent: latent, picture: picture))
            return
        }
        let both = Tensor(zeros: [latent.count + picture.count])
        both.rows(0..<latent.count).copy(from: latent)
        both.rows(latent.count..<both.count).copy(from: picture)
        try outbox.send(both, context.envelope(.picture, group: image), to: 0)
    }

    private func collect(_ inbox: Inbox, idle: () throws -> Bool = { false }) throws {
        guard let envelope = inbox.nextEnvelope else { return }
        let both = try inbox.next(idle: idle)
        let split = Tensor.elementCount(of: context.latentShape)
        try deliver(
            FinishedImage(
                image: envelope.group, latent: both.rows(0..<split).reshaped(context.latentShape),
                picture: both.rows(split..<both.count).reshaped(context.pictureShape)))
    }

    /// A message for each image that `rank` decodes, in the order in which the tail finishes them.
    private static func inbox(
        _ kind: Envelope.Kind, _ shape: [Int], ofImagesOn rank: Int, from sender: Int, _ context: StageContext
    ) throws(TransportError) -> Inbox {
        let run = context.run
        let images = run.decoding.images(
            on: rank, of: run.images.count, ranks: run.partition.blockCounts.count)
        return try Inbox(
            context.communicator, from: sender, count: images.count, depth: messagesAhead
        ) { index in
            Inbox.Expected(envelope: context.envelope(kind, group: images[index]), shape: shape)
        }
    }
}
