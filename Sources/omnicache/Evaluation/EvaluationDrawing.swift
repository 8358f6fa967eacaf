import Checkpoints
import Foundation
import ImageOutput
import Models
import Sampling
import Transport

/// Draws and measures what an evaluation lacks, chunk by chunk, so that memory does not grow with its images.
struct EvaluationDrawing {
    let request: EvaluationRequest
    let ways: ComparedWays
    let sampler: ImageSampler
    let judge: Judge?
    let session: RankSession
    /// What was found so far, on rank 0.
    private(set) var state: EvaluationState?

    private let progress: EvaluationProgress

    init(
        request: EvaluationRequest, ways: ComparedWays, sampler: ImageSampler, judge: Judge?,
        session: RankSession, state: EvaluationState?
    ) {
        self.request = request
        self.ways = ways
        self.sampler = sampler
        self.judge = judge
        self.session = session
        self.state = state
        progress = EvaluationProgress(isSilent: !session.isFirst)
    }

    /// Draws the images that are compared: of each chunk the two references first, then all else beside them.
    mutating func drawPairs() throws {
        let pending = try missing(ways.uncached, among: 0..<request.pairCount)
        let cost = ways.inTable.reduce(0) { $0 + $1.cost }
        progress.begin("comparing", work: Int(Double(pending.count) * cost))
        try drawChunks(pending) { images, drawing in
            var chunk = EvaluatedChunk()
            let uncached = try drawing.draw(images, drawing.ways.uncached)
            let converged = try drawing.draw(images, drawing.ways.converged)
            let (first, second) = (drawing.ways.uncached, drawing.ways.converged)
            drawing.keep(uncached, images, first, converged: converged, in: &chunk)
            drawing.keep(converged, images, second, isJudged: false, uncached: uncached, in: &chunk)
            let few = images.indices.filter { images[$0] < ComparedWays.refinedImages }
            if let refined = drawing.ways.refined, !few.isEmpty {
                let numbers = few.map { images[$0] }
                drawing.keep(
                    try drawing.draw(numbers, refined), numbers, refined, isJudged: false,
                    converged: few.map { converged[$0] }, in: &chunk)
            }
            for way in drawing.ways.compared {
                let samples = try drawing.draw(images, way)
                drawing.keep(samples, images, way, uncached: uncached, converged: converged, in: &chunk)
            }
            return chunk
        }
    }

    /// Draws, in each of the given ways, the images that are judged and were not compared.
    mutating func drawJudged(_ shown: [SamplingWay]) throws {
        guard judge != nil, request.judgedCount > request.pairCount else { return }
        let range = request.pairCount..<request.judgedCount
        let pending = try shown.map { try missing($0, among: range) }
        progress.begin(
            "judging", work: Int(zip(shown, pending).reduce(0) { $0 + $1.0.cost * Double($1.1.count) }))
        for (way, images) in zip(shown, pending) {
            try drawChunks(images) { images, drawing in
                var chunk = EvaluatedChunk()
                drawing.keep(try drawing.draw(images, way), images, way, in: &chunk)
                return chunk
            }
        }
    }

    /// The images of a way that rank 0 has not seen.
    private func missing(_ way: SamplingWay, among images: Range<Int>) throws -> [Int] {
        try session.communicator.decide {
            images.filter { state?.drawn[way.key]?[$0] == nil }
        }
    }

    /// Lets each rank draw its share of each chunk, and rank 0 keep what all have found.
    private mutating func drawChunks(
        _ images: [Int], _ body: ([Int], EvaluationDrawing) throws -> EvaluatedChunk
    ) throws {
        guard !images.isEmpty else { return }
        let communicator = session.communicator
        let tokens = sampler.model.opened.folder.denoiser.layout.rows
        let group = MicroBatching(images: images.count, tokens: tokens, ranks: 1).imagesPerGroup
        let size = communicator.size * group
        for start in stride(from: 0, to: images.count, by: size) {
            let end = min(start + size, images.count)
            let own = stride(from: start + communicator.rank, to: end, by: communicator.size).map {
                images[$0]
            }
            let found = try communicator.agreeOnErrors { try body(own, self) }
            try communicator.collect(pictures: found.pictures, byteCount: sampler.pictureByteCount) {
                try state?.keep($0, $1, $2)
            }
            let all = try communicator.gather(found.images, to: 0)
            try communicator.agreeOnErrors {
                try state?.add(all.reduce(into: [:]) { $0.merge($1) { $0 + $1 } })
            }
        }
    }

    private func draw(_ images: [Int], _ way: SamplingWay) throws -> [ImageSampler.Sample] {
        // Rank 0 has as many images as any other, so its own progress is that of all.
        let ranks = Double(session.communicator.size)
        let samples = try sampler.draw(images.map { request.images[$0] }, way) {
            progress.show($0 * ranks * way.cost)
        }
        progress.add(Double(images.count) * ranks * way.cost)
        return samples
    }

    private func keep(
        _ samples: [ImageSampler.Sample], _ images: [Int], _ way: SamplingWay,
        isJudged: Bool = true, uncached: [ImageSampler.Sample]? = nil,
        converged: [ImageSampler.Sample]? = nil, in chunk: inout EvaluatedChunk
    ) {
        for (index, (image, sample)) in zip(images, samples).enumerated() {
            var drawn = DrawnImage(
                image: image, seconds: sample.seconds, computedSteps: sample.computedSteps)
            drawn.toUncached = uncached.map { PairMeasures(sample, $0[index]) }
            drawn.toConverged = converged.map { PairMeasures(sample, $0[index]) }
            if isJudged, image < request.judgedCount {
                drawn.judgement = judge?.judge(
                    sample.picture, label: request.images[image].prompt.label ?? -1)
            }
            chunk.images[way.key, default: []].append(drawn)
            if request.keepsPictures || image < min(request.pairCount, EvaluationRequest.sheetColumns) {
                chunk.pictures[way.key, default: [:]][image] = Data(sample.picture.pixels)
            }
        }
    }
}

/// Progress over all ways and images, in computed steps.
private final class EvaluationProgress {
    private let isSilent: Bool
    private var display: ProgressDisplay?
    private var total = 0
    private var done = 0.0

    init(isSilent: Bool) { self.isSilent = isSilent }

    func begin(_ title: String, work: Int) {
        display = ProgressDisplay(title, isSilent: isSilent)
        total = work
        done = 0
    }

    /// Shows work that is under way.
    func show(_ part: Double) { display?.show(min(total, Int(done + part)), of: total) }

    /// Adds work that is done.
    func add(_ part: Double) { done += part }
}
