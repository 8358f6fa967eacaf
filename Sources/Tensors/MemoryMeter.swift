import Synchronization

/// Counts the memory that tensors take, for tests of what a loop takes.
package final class MemoryMeter: Sendable {
    /// The one that counts what is taken within `$current.withValue`.
    @TaskLocal package static var current: MemoryMeter?

    private let count = Atomic<Int>(0)

    package init() {}

    /// Bytes taken so far.
    package var bytes: Int { count.load(ordering: .relaxed) }

    func add(_ bytes: Int) { count.add(bytes, ordering: .relaxed) }
}
