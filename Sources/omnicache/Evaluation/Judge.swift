import Checkpoints
import Evaluation
import Files
import ImageOutput
import Models

/// The classifier that a model brings, and what real pictures look like to it.
struct Judge {
    private let classifier: ImageClassifier

    /// Numbers that it makes of a picture.
    var featureCount: Int { classifier.featureCount }

    /// Judges a picture that was asked to be of a class.
    func judge(_ picture: RGBImage, label: Int) -> Judgement { Judgement(picture, label: label, classifier) }

    /// The files of a classifier, before it is loaded.
    struct Files {
        private static let name = "classifier.safetensors"
        /// All that may be read.
        static let names = [name, FeatureStatistics.file]
        private static let mostBytes = 1 << 30

        /// Tells this classifier from others.
        let hash: String
        /// Statistics of held-out real pictures, if the model brings them.
        let real: FeatureStatistics?

        /// - Returns: nil where nothing is to be judged, or the model brings no classifier.
        /// - Throws: `ReadError` for statistics that cannot be used.
        init?(_ model: OpenedModel, _ options: EvaluateCommand) throws(ReadError) {
            let files = model.files
            guard options.imagesForStatistics > 0, files.contains(Self.name) else { return nil }
            var hash = ContentHash()
            hash.add(try files.open(Self.name).bytes(atMost: Self.mostBytes))
            self.hash = hash.hexadecimal
            real = try FeatureStatistics(files: files)
        }

        /// Reads and packs the classifier.
        /// - Throws: `ReadError` for one that cannot be used with the model.
        func loaded(_ model: RankModel) throws(ReadError) -> Judge? {
            let opened = model.opened
            guard
                let classifier = try ImageClassifier(files: opened.files, engine: model.pictureEngine)
            else { return nil }
            let side = opened.folder.pictureSize.width
            guard classifier.pictureSide == side else {
                throw ReadError(
                    .invalid,
                    "\(opened.folder.name)/\(Self.name): reads pictures of \(classifier.pictureSide) × "
                        + "\(classifier.pictureSide) pixels, but the model draws \(side) × \(side): use "
                        + "--images-for-statistics 0")
            }
            return Judge(classifier: classifier)
        }
    }
}
