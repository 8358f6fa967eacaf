import Engines
import Testing

@Suite(.serialized) struct ThreadPoolTests {
    @Test(arguments: [1, 2, 3, 8], [0, 1, 2, 7, 1000])
    func everyIndexIsVisitedOnce(_ threads: Int, _ count: Int) {
        let visits = UnsafeMutableBufferPointer<Int>.allocate(capacity: max(1, count))
        visits.initialize(repeating: 0)
        defer { visits.deallocate() }
        ThreadPool(threads: threads).forEach(count) { visits[$0] += 1 }
        #expect(visits.prefix(count).allSatisfy { $0 == 1 })
    }

    @Test func availableCoresIsPositive() {
        #expect(ThreadPool.availableCores.count >= 1)
    }
}
