import ArgumentParser
import Checkpoints
import Models
import Sampling

/// Which images to draw.
struct ImageSelection: ParsableArguments {
    @Option(
        name: .customLong("class"), parsing: .upToNextOption,
        help: "Labels or numbers; repeatable. A label wins over a number; '#7' is always class 7.")
    var classes: [String] = []

    @Option(help: "A word: one image per character.")
    var text: String?

    @Option(help: "Images of each class, or copies of the word.")
    var count = 1

    @Option(help: "Image k of the run uses seed + k, and starts from what PyTorch draws with that seed.")
    var seed: UInt64 = 0

    /// Whether anything is said.
    var isGiven: Bool { !classes.isEmpty || text != nil || count != 1 || seed != 0 }

    func validate() throws {
        if count < 1 || count > 1_000_000 {
            throw ValidationError("--count \(count): expected 1 to 1000000.")
        }
        if text != nil, !classes.isEmpty {
            throw ValidationError("--text and --class both say what to draw: give one of them.")
        }
        if let text, text.isEmpty { throw ValidationError("--text is empty: give one character or more.") }
    }

    /// The images in order, and how many of them make a row of a grid.
    /// - Throws: `LabelError` for a label that the model does not have, `UsageError` if nothing is named.
    func resolve(_ model: ModelFolder, isBuiltin: Bool) throws -> (images: [ImageRequest], columns: Int) {
        let word = text ?? (classes.isEmpty && isBuiltin ? "OMNICACHE" : nil)
        if let word {
            guard !word.contains(where: \.isWhitespace) else {
                throw UsageError("--text '\(word)': no model draws a space; draw each word by itself")
            }
            let row = try word.map {
                try model.labels.resolve(String($0), classes: model.denoiser.classes)
            }
            return (number((0..<count).flatMap { _ in row }), row.count)
        }
        guard !classes.isEmpty else {
            throw UsageError("nothing to draw: name at least one --class (a label or a number) or a --text")
        }
        let labels = try classes.map { try model.labels.resolve($0, classes: model.denoiser.classes) }
        let images = number(labels.flatMap { Array(repeating: $0, count: count) })
        let square = Int(Double(images.count).squareRoot().rounded(.up))
        return (images, labels.count > 1 && count > 1 ? count : square)
    }

    private func number(_ labels: [Int]) -> [ImageRequest] {
        labels.enumerated().map { ImageRequest(label: $1, seed: seed &+ UInt64($0)) }
    }
}
