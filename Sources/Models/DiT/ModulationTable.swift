import Tensors

/// Shifts, scales and gates of a stage's blocks, each label's for some timesteps at once.
///
/// adaLN multiplies a third of a block's weights by one row for each image and step, which costs their way from
/// memory and little else; several timesteps share that way. The rows of one product are one label's timesteps
/// alone, so that no result depends on which other images there are.
public final class ModulationTable {
    /// Timesteps that are worth computing together: enough to hide the weights' way, few enough to keep.
    public static let timestepsAtOnce = 8

    /// A label, and the first of the timesteps that it is computed at together.
    private struct Key: Hashable {
        var label: Int
        var timestep: Double
    }

    /// One label's rows.
    private final class Entry {
        private(set) var timesteps: [Double] = []
        /// [blocks, timestepsAtOnce, 6·D] f32.
        let rows: Tensor
        var isKnown: [Bool] = []
        var lastUse = 0

        init(blocks: Int, width: Int) { rows = Tensor(zeros: [blocks, timestepsAtOnce, 6 * width]) }

        /// Leaves the rows to other timesteps, or another label's.
        func begin(_ timesteps: [Double]) {
            self.timesteps = timesteps
            isKnown = Array(repeating: false, count: rows.shape[0])
        }

        /// A block's rows, [T, 6·D].
        func rows(_ block: Int) -> Tensor { rows[block].rows(0..<timesteps.count) }
    }

    private let blocks: Range<Int>
    private let width: Int
    private let capacity: Int
    private let scratch = ScratchTensors()
    private var entries: [Key: Entry] = [:]
    private var uses = 0

    /// - Parameter capacity: labels that are kept, each with its timesteps; those used last stay.
    init(blocks: Range<Int>, width: Int, capacity: Int) {
        self.blocks = blocks
        self.width = width
        self.capacity = capacity
    }

    /// Brings the rows of a block for M images together: [M, 6·D] into `target`.
    /// - Parameter compute: makes what is not known yet, [L, T, 6·D] f32 for the L labels that it is given.
    func gather(
        _ block: Int, for wanted: Conditioning, into target: Tensor,
        compute: (_ labels: [Int], _ rows: Tensor) -> Void
    ) {
        let place = block - blocks.lowerBound
        guard let row = wanted.timesteps.firstIndex(of: wanted.timestep) else {
            preconditionFailure("ModulationTable: timestep \(wanted.timestep) is not in \(wanted.timesteps)")
        }
        uses += 1
        let entries = wanted.labels.map { entry($0, wanted.timesteps) }
        var unknown: [(label: Int, entry: Entry)] = []
        for (label, entry) in zip(wanted.labels, entries) where !entry.isKnown[place] {
            if !unknown.contains(where: { $0.label == label }) { unknown.append((label, entry)) }
        }
        if !unknown.isEmpty {
            let computed = scratch.tensor(
                "computed", [unknown.count, wanted.timesteps.count, 6 * width])
            compute(unknown.map(\.label), computed)
            for (index, (_, entry)) in unknown.enumerated() {
                entry.rows(place).copy(from: computed[index])
                entry.isKnown[place] = true
            }
        }
        for (image, entry) in entries.enumerated() { target[image].copy(from: entry.rows(place)[row]) }
    }

    /// A label's entry, which stays while no more than `capacity` labels are asked for by turns.
    private func entry(_ label: Int, _ timesteps: [Double]) -> Entry {
        let key = Key(label: label, timestep: timesteps[0])
        let entry = entries[key] ?? room()
        if entry.timesteps != timesteps { entry.begin(timesteps) }
        entry.lastUse = uses
        entries[key] = entry
        return entry
    }

    /// The memory of the label that has not been used for longest, or new memory where there is place.
    private func room() -> Entry {
        guard entries.count >= capacity,
            let oldest = entries.min(by: { $0.value.lastUse < $1.value.lastUse }),
            oldest.value.lastUse < uses
        else { return Entry(blocks: blocks.count, width: width) }
        entries[oldest.key] = nil
        oldest.value.begin([])
        return oldest.value
    }
}
