/// How images are put together into messages, and how many are under way at once.
///
/// It changes speed and memory, never results: engines compute each image by itself.
public struct MicroBatching: Sendable, Equatable, Codable {
    /// Images whose rows travel together; the last group may have fewer.
    public let imagesPerGroup: Int
    /// Whether both branches of guidance travel together, or each by itself.
    public let joinsBranches: Bool
    /// Groups in the pipeline at once.
    public let groupsInFlight: Int

    /// Tokens of one micro-batch beyond which larger matrices gain nothing and only memory grows.
    static let tokensAtMost = 4096

    /// What fills the pipeline.
    ///
    /// One rank takes as many images at once as pay, branches joined. Several ranks take branches apart and
    /// as many groups as there are ranks, which keeps every rank busy with one image per rank
    /// (B ≥ (R+1)/2 would do with equal stages).
    /// - Parameters:
    ///   - images: images of the run.
    ///   - tokens: tokens of an image.
    ///   - ranks: ranks of the run.
    ///   - inFlight: images in the pipeline at once, if the user said.
    ///   - imagesPerGroup: images that travel together, if the user said.
    public init(images: Int, tokens: Int, ranks: Int, inFlight: Int? = nil, imagesPerGroup: Int? = nil) {
        precondition(images > 0 && tokens > 0 && ranks > 0, "MicroBatching: nothing to run")
        let largest = max(1, Self.tokensAtMost / (tokens * (ranks == 1 ? 2 : 1)))
        let wanted = min(images, inFlight ?? images)
        let size =
            imagesPerGroup.map { min($0, wanted) } ?? max(1, min(largest, (wanted + ranks - 1) / ranks))
        let fitting = inFlight.map { max(1, $0 / size) } ?? ranks
        self.imagesPerGroup = size
        joinsBranches = ranks == 1
        groupsInFlight = min(fitting, (images + size - 1) / size)
    }

    /// The same with each image in a group of its own, as many in flight.
    var imageByImage: MicroBatching {
        MicroBatching(
            imagesPerGroup: 1, joinsBranches: joinsBranches, groupsInFlight: groupsInFlight * imagesPerGroup)
    }

    /// A cut with the given numbers.
    public init(imagesPerGroup: Int, joinsBranches: Bool, groupsInFlight: Int) {
        precondition(imagesPerGroup > 0 && groupsInFlight > 0, "MicroBatching: nothing in flight")
        self.imagesPerGroup = imagesPerGroup
        self.joinsBranches = joinsBranches
        self.groupsInFlight = groupsInFlight
    }
}
