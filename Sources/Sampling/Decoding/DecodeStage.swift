import Failures
import ImageOutput
import Models
import RunTrace
import Tensors
import Transport

/// Turns finished latents into pictures where there is time: while a rank waits for others, and at the end.
///
/// The rank that has them, in a run the tail, sends each to the rank that the run description names; that rank sends
/// the picture to rank 0, which delivers it. Both orders are read off the schedule. A rank decodes no more than rank 0
/// takes, so that each holds a few pictures, however many there are.
final class DecodeStage {
    private let context: StageContext
    private let message: PictureMessage
    private let deliver: (FinishedImage) throws -> Void
    private let latentsOut: Outbox
    private let picturesOut: Outbox
    private var own: [(image: Int, latent: Tensor)] = []
    private var latents: Inbox?
    private var pictures: [Inbox] = []
    private var slotsBehind = 0
    /// Time spent decoding so far.
    private(set) var seconds = 0.0

    private static let latentsAhead = 4
    private static let picturesAhead = 1

    /// - Parameters:
    ///   - source: the rank that has the latents; default: the tail.
    ///   - returnsLatents: whether rank 0 wants them too.
    init(
        _ context: StageContext, from source: Int? = nil, returnsLatents: Bool,
        deliver: @escaping (FinishedImage) throws -> Void
    ) throws(TransportError) {
        self.context = context
        self.deliver = deliver
        message = PictureMessage(
            latentShape: context.latentShape, pictureShape: context.pictureShape,
            carriesLatent: returnsLatents)
        let communicator = context.communicator
        let rank = communicator.rank
        let source = source ?? communicator.size - 1
        latentsOut = Outbox(communicator, trace: context.trace, depth: 64)
        picturesOut = Outbox(communicator, trace: context.trace, depth: 2)
        if rank != source {
            latents = try Self.inbox(
                .finished, context.latentShape, ofImagesOn: rank, from: source, depth: Self.latentsAhead,
                context)
        }
        guard rank == 0 else { return }
        for other in 1..<max(1, communicator.size) {
            pictures.append(
                try Self.inbox(
                    .picture, message.shape, ofImagesOn: other, from: other, depth: Self.picturesAhead,
                    context))
        }
    }

    /// Takes a finished latent [C, H, W] on the rank that has it and sees that it gets to the one that decodes it.
    func offer(image: Int, latent: Tensor) throws {
        let rank = context.run.decodingRank(of: image)
        if rank == context.communicator.rank {
            let copy = Tensor(zeros: latent.shape)
            copy.copy(from: latent)
            own.append((image, copy))
        } else {
            try latentsOut.send(latent, context.envelope(.finished, group: image), to: rank, idle: work)
        }
    }

    /// Does one piece of work if there is some: says whether there was.
    func work() throws -> Bool {
        if try collectAny() { return true }
        try latentsOut.poll()
        try picturesOut.poll()
        guard picturesOut.hasRoom, let next = try nextLatent(waiting: false) else { return false }
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

    /// Decodes and delivers all that is left of the images below a number, behind which none has been finished;
    /// returns when nothing is under way any more.
    func finish(below end: Int) throws {
        func isDue(_ inbox: Inbox) -> Bool { (inbox.nextEnvelope?.group ?? end) < end }
        while !own.isEmpty || latents.map(isDue) ?? false {
            if try collectAny() { continue }
            guard let next = try nextLatent(waiting: true) else { break }
            try decode(next.image, next.latent)
        }
        // Whichever comes first: a rank whose pictures pile up may be the one that another rank waits for.
        for inbox in pictures {
            while isDue(inbox) { try collect(inbox) { try collectAny(except: inbox) } }
        }
        try latentsOut.finish()
        try picturesOut.finish()
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
        let planes = context.trace.span(.decode, group: image) { decoder.decode(latent) }
        let picture = try rgb(planes, image)
        seconds += (ContinuousClock.now - start).seconds
        if context.communicator.rank == 0 {
            try handOver(FinishedImage(image: image, latent: latent, picture: picture))
        } else {
            try picturesOut.send(
                message.numbers(latent, picture), context.envelope(.picture, group: image), to: 0)
        }
    }

    /// - Throws: `SamplingError` for a picture that the decoder has spoilt.
    private func rgb(_ planes: Tensor, _ image: Int) throws(SamplingError) -> RGBImage {
        let values = planes.values
        guard values.allSatisfy(\.isFinite) else {
            throw SamplingError(
                .invalidInput,
                "rank \(context.communicator.rank) on \(context.communicator.hostName): the picture of image \(image) "
                    + "is not finite, though its latent is: the weights in vae/ hold NaN or infinite numbers; check "
                    + "the checkpoint")
        }
        return RGBImage(planes: values, width: planes.shape[2], height: planes.shape[1])
    }

    private func collect(_ inbox: Inbox, idle: () throws -> Bool = { false }) throws {
        guard let envelope = inbox.nextEnvelope else { return }
        try handOver(message.image(envelope.group, try inbox.next(idle: idle)))
        try inbox.release()
    }

    /// What is written may take long, and gives no sign of work.
    private func handOver(_ finished: FinishedImage) throws {
        try context.communicator.away { try deliver(finished) }
    }

    /// A message for each image that `rank` decodes, in the order in which they are finished.
    private static func inbox(
        _ kind: Envelope.Kind, _ shape: [Int], ofImagesOn rank: Int, from sender: Int, depth: Int,
        _ context: StageContext
    ) throws(TransportError) -> Inbox {
        let run = context.run
        let images = run.decoding.images(
            on: rank, of: run.images.count, ranks: run.partition.blockCounts.count)
        return try Inbox(context.communicator, from: sender, count: images.count, depth: depth) { index in
            Inbox.Expected(envelope: context.envelope(kind, group: images[index]), shape: shape)
        }
    }
}
