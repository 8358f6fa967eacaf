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
    /// One rank takes as many images at once as pay, branches joined. Several ranks that have more images than there
    /// are ranks join branches too and cut the images into up to twice as many groups as ranks: a group then has been
    /// back at the head for some slots before its turn, which hides messages and the gather stage. With fewer images
    /// the branches go apart, so that there are slots enough (B ≥ (R+1)/2 fill the pipeline).
    /// - Parameters:
    ///   - images: images of the run.
    ///   - tokens: tokens of an image.
    ///   - ranks: ranks of the run.
    ///   - inFlight: images in the pipeline at once, if the user said.
    ///   - imagesPerGroup: images that travel together, if the user said.
    public init(images: Int, tokens: Int, ranks: Int, inFlight: Int? = nil, imagesPerGroup: Int? = nil) {
        precondition(images > 0 && tokens > 0 && ranks > 0, "MicroBatching: nothing to run")
        let wanted = min(images, inFlight ?? images)
        func size(groups: Int, branches: Int) -> Int {
            if let imagesPerGroup { return min(imagesPerGroup, wanted) }
            return max(1, min(Self.tokensAtMost / (tokens * branches), (wanted + groups - 1) / groups))
        }
        func groups(of size: Int) -> Int {
            images == wanted ? (images + size - 1) / size : max(1, wanted / size)
        }
        let most = ranks == 1 ? 1 : 2 * ranks
        let joined = size(groups: most, branches: 2)
        joinsBranches = ranks == 1 || groups(of: joined) > ranks
        self.imagesPerGroup = joinsBranches ? joined : size(groups: ranks, branches: 1)
        groupsInFlight = min(joinsBranches ? most : ranks, groups(of: self.imagesPerGroup))
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
