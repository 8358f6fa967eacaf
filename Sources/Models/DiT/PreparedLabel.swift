import Tensors

/// What a stage keeps of one class: the shifts, scales and gates of its blocks at all steps that go through them.
///
/// adaLN multiplies a third of a block's weights by one row for each image and step, which costs their way from
/// memory and little else; several steps share that way.
final class PreparedLabel: PreparedPrompt {
    /// Steps whose rows are one product.
    ///
    /// What a product has beside a row may change its last bits: so this number and the order of steps decide them, and
    /// neither do other images.
    static let stepsAtOnce = 8

    /// The class; the number of classes stands for the null class.
    let label: Int
    /// Of every step.
    let times: [Double]
    /// [blocks, T, 6·D] f32, of the T steps that go through blocks.
    private let rows: Tensor
    private let places: [Int: Int]
    private let firstBlock: Int

    init(_ label: Int, _ steps: SamplingSteps, blocks: Range<Int>, width: Int) {
        self.label = label
        times = steps.times
        firstBlock = blocks.lowerBound
        rows = Tensor(zeros: [blocks.count, steps.throughBlocks.count, 6 * width])
        places = steps.throughBlocks.enumerated().reduce(into: [:]) { $0[$1.element] = $1.offset }
    }

    var byteCount: Int { rows.byteCount }

    /// Takes a block's rows [t, 6·D] from a place among the steps that go through blocks on.
    func keep(_ computed: Tensor, of block: Int, from place: Int) {
        rows[block - firstBlock].rows(place..<place + computed.shape[0]).copy(from: computed)
    }

    /// A block's row at a step, [6·D].
    func row(_ block: Int, at step: Int) -> Tensor {
        guard let place = places[step] else {
            preconditionFailure("DiT: step \(step) was prepared without blocks")
        }
        return rows[block - firstBlock][place]
    }
}
