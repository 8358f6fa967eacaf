import Sampling

/// Images that are drawn alike, with the same steps, guidance and so plan, in one run.
struct AlikeImages: Codable, Sendable {
    let settings: TrajectorySettings
    var images: [ImageRequest] = []
    /// The number of each among all that the command draws.
    var numbers: [Int] = []

    /// The step that all of them are before.
    var firstStep = 0

    /// Those of the given numbers, in this order.
    func only(_ isWanted: (Int) -> Bool) -> AlikeImages {
        var rest = AlikeImages(settings: settings, firstStep: firstStep)
        for (image, number) in zip(images, numbers) where isWanted(number) {
            rest.images.append(image)
            rest.numbers.append(number)
        }
        return rest
    }
}
