import CKernels
import Engines
import Platform
import Synchronization
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

    @Test(arguments: [1, 3])
    func oneThreadAtATimeLooksUpBetweenPieces(threads: Int) {
        final class Looks: Sendable {
            let count = Atomic(0)
            let underWay = Atomic(0)
        }
        let looks = Looks()
        let pool = ThreadPool(threads: threads) {
            let others = looks.underWay.add(1, ordering: .relaxed).oldValue
            #expect(others == 0)
            looks.count.add(1, ordering: .relaxed)
            looks.underWay.subtract(1, ordering: .relaxed)
        }
        pool.forEach(1000) { _ in }
        #expect(threads > 1 || looks.count.load(ordering: .relaxed) == 1000)
        // Other threads may have taken all of the work, but not each time.
        for _ in 0..<1000 where looks.count.load(ordering: .relaxed) == 0 { pool.forEach(1000) { _ in } }
        #expect(looks.count.load(ordering: .relaxed) > 0)
    }

    @Test func availableCoresIsPositive() {
        #expect(ThreadPool.availableCores.count >= 1)
    }

    /// A kernel whose mask is 4096 cores wide refuses all that are narrower.
    @Test func coresOfAWideMaskAreFound() {
        let read: ckernels_mask_reader = { _, size, mask in
            guard size >= 4096 / 8, let words = mask?.assumingMemoryBound(to: UInt64.self) else {
                errno = EINVAL
                return -1
            }
            (words[0], words[1], words[31]) = (1 << 5, 1 << 1, 1 << 63)
            return Int32(size)
        }
        var cores = [Int32](repeating: -1, count: 3)
        #expect(ckernels_cores_by(read, 0, &cores, 3) == 3)
        #expect(cores == [5, 65, 2047])
        #expect(ckernels_cores_by(read, 0, &cores, 0) == 3)
        let gone: ckernels_mask_reader = { _, _, _ in
            errno = ESRCH
            return -1
        }
        #expect(ckernels_cores_by(gone, 0, &cores, 3) == 0)
    }

    @Test func workWithinWorkIsDone() {
        let pool = ThreadPool(threads: 3)
        let visits = Atomic(0)
        pool.forEach(10) { _ in pool.forEach(10) { _ in visits.add(1, ordering: .relaxed) } }
        #expect(visits.load(ordering: .relaxed) == 100)
    }
}
