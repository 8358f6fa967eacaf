import Engines
import Tensors
import TestSupport
import Testing

/// Attention over separate rows, and which keys count how.
@Suite(.serialized) struct AttentionTermsTests {
    /// What a case computes.
    struct Case: Sendable, CustomTestStringConvertible {
        /// Images, queries, keys, heads, key heads, head width.
        var size: [Int]
        var scale: Float?
        var keyCounts: [Int]?
        /// The bias's heads and queries.
        var bias: [Int]?
        var isCausal = false
        var testDescription: String {
            "\(size), scale \(scale ?? 0), of \(keyCounts ?? []), bias \(bias ?? []), causal \(isCausal)"
        }

        var terms: AttentionTerms {
            AttentionTerms(
                heads: size[3], scale: scale, keyCounts: keyCounts,
                bias: bias.map { noise([$0[0], $0[1], size[2]], seed: 21, scale: 3) }, isCausal: isCausal)
        }
    }

    static let cases = [
        Case(size: [1, 1, 1, 1, 1, 1]), Case(size: [2, 5, 3, 3, 3, 7]), Case(size: [1, 150, 77, 2, 2, 24]),
        Case(size: [1, 3, 300, 4, 2, 16]), Case(size: [2, 33, 17, 6, 1, 5], scale: 1),
        Case(size: [3, 20, 45, 2, 2, 8], keyCounts: [45, 1, 17]),
        Case(size: [2, 131, 40, 4, 2, 9], keyCounts: [3, 33]),
        Case(size: [2, 37, 37, 3, 3, 64], scale: 1, bias: [3, 37]),
        Case(size: [2, 9, 21, 2, 1, 11], keyCounts: [20, 5], bias: [1, 1]),
        Case(size: [1, 16, 16, 2, 2, 16], bias: [2, 1]), Case(size: [1, 1, 1, 1, 1, 3], isCausal: true),
        Case(size: [2, 77, 77, 3, 3, 16], isCausal: true),
        Case(size: [1, 300, 300, 4, 2, 16], scale: 0.3, isCausal: true),
        Case(size: [2, 19, 19, 2, 2, 7], keyCounts: [4, 19], bias: [2, 19], isCausal: true),
        Case(size: [1, 3, 4097, 2, 1, 8]), Case(size: [2, 130, 4200, 1, 1, 3], keyCounts: [4150, 7]),
        Case(size: [1, 2, 9000, 2, 2, 5], bias: [2, 1]),
        Case(size: [1, 5, 40, 1, 1, 8], isCausal: true), Case(size: [1, 40, 5, 1, 1, 8], isCausal: true),
    ]

    @Test(arguments: Candidate.all, cases)
    func agreesWithReference(_ candidate: Candidate, _ test: Case) throws {
        let engine = try candidate.make(threads: 2)
        let size = test.size
        let q = noise([size[0], size[1], size[3] * size[5]], seed: 1, scale: 2)
        let k = noise([size[0], size[2], size[4] * size[5]], seed: 2, scale: 2)
        let v = noise(k.shape, seed: 3, scale: 2)
        let (found, expected) = (Tensor(zeros: q.shape, engine.activationType), Tensor(zeros: q.shape))
        engine.attention(
            RowsView(q.converted(for: engine)), RowsView(k.converted(for: engine)),
            RowsView(v.converted(for: engine)), test.terms, into: RowsView(found))
        ReferenceEngine().attention(
            RowsView(q.rounded(for: engine)), RowsView(k.rounded(for: engine)),
            RowsView(v.rounded(for: engine)), test.terms, into: RowsView(expected))
        expectClose(found.floats, expected.values, relative: candidate.tolerance)
    }

    /// Not a bit of them: they may be anything.
    @Test(arguments: Candidate.all)
    func keysThatDoNotCountAreNotRead(_ candidate: Candidate) throws {
        let engine = try candidate.make(threads: 2)
        let (counts, all) = ([17, 4], 30)
        let q = noise([2, 21, 32], seed: 4).converted(for: engine)
        let bias = noise([2, 21, all], seed: 5)
        var numbers = noise([2, all, 64], seed: 6).values
        for (image, count) in counts.enumerated() {
            for index in (image * all + count) * 64..<(image + 1) * all * 64 { numbers[index] = .nan }
        }
        let kv = Tensor(numbers, shape: [2, all, 64]).converted(for: engine)
        let together = Tensor(zeros: q.shape, engine.activationType)
        engine.attention(
            RowsView(q), kv.columns(0..<32), kv.columns(32..<64),
            AttentionTerms(heads: 2, keyCounts: counts, bias: bias), into: RowsView(together))
        for (image, count) in counts.enumerated() {
            let own = RowsView(kv.rows(image..<image + 1)).rows(0..<count)
            let cut = Tensor(
                (0..<2 * 21 * count).map { bias.values[$0 / count * all + $0 % count] },
                shape: [2, 21, count])
            let alone = Tensor(zeros: [1, 21, 32], engine.activationType)
            engine.attention(
                RowsView(q.rows(image..<image + 1)), own.columns(0..<32), own.columns(32..<64),
                AttentionTerms(heads: 2, bias: cut), into: RowsView(alone))
            #expect(together.rows(image..<image + 1).bits == alone.bits)
        }
    }

    /// Each row is what it is with the keys up to its own alone; more than 4096 are taken in parts.
    @Test(arguments: Candidate.all, [150, 4200]) func theFutureIsNotSeen(_ candidate: Candidate, _ count: Int)
        throws
    {
        let engine = try candidate.make(threads: 2)
        let rows = RowsView(noise([1, count, 48], seed: 7).converted(for: engine))
        let y = Tensor(zeros: [1, count, 16], engine.activationType)
        engine.attention(
            rows.columns(0..<16), rows.columns(16..<32), rows.columns(32..<48),
            AttentionTerms(heads: 2, isCausal: true), into: RowsView(y))
        for row in [0, 1, 127, 128, count - 100, count - 1] {
            let seen = rows.rows(0..<row + 1)
            let own = Tensor(zeros: [1, 1, 16], engine.activationType)
            engine.attention(
                rows.rows(row..<row + 1).columns(0..<16), seen.columns(16..<32), seen.columns(32..<48),
                AttentionTerms(heads: 2), into: RowsView(own))
            expectClose(y[0][row].floats, own.floats, relative: candidate.tolerance, "row \(row)")
        }
    }

    /// What is fused and exchanged comes to the same as laid out apart.
    @Test(arguments: Candidate.all) func viewsAreReadWhereTheyLie(_ candidate: Candidate) throws {
        let engine = try candidate.make(threads: 2)
        let (frames, places, width) = (5, 7, 12)
        let fused = noise([frames, places, 3 * width], seed: 8).converted(for: engine)
        func columns(_ part: Int) -> RowsView { fused.columns(part * width..<(part + 1) * width).exchanged }
        let y = Tensor(zeros: [frames, places, width], engine.activationType)
        engine.attention(
            columns(0), columns(1), columns(2), AttentionTerms(heads: 3), into: RowsView(y).exchanged)
        for place in 0..<places {
            let apart = Tensor(zeros: [1, frames, 3 * width], engine.activationType)
            for frame in 0..<frames { apart[0][frame].copy(from: fused[frame][place]) }
            let expected = Tensor(zeros: [1, frames, width], engine.activationType)
            engine.attention(apart, heads: 3, into: expected)
            for frame in 0..<frames {
                expectClose(
                    y[frame][place].floats, expected[0][frame].floats, relative: candidate.tolerance,
                    "place \(place), frame \(frame)")
            }
        }
    }

    @Test(arguments: Candidate.all)
    func dependsOnItsOwnImageOnly(_ candidate: Candidate) throws {
        let q = noise([3, 200, 48], seed: 9)
        let kv = noise([3, 45, 48], seed: 10)
        let counts = [45, 30, 2]
        var outcomes: Set<[UInt32]> = []
        for threads in 1...3 {
            let engine = try candidate.make(threads: threads)
            let (query, key) = (q.converted(for: engine), kv.converted(for: engine))
            let together = Tensor(zeros: q.shape, engine.activationType)
            let alone = Tensor(zeros: q.shape, engine.activationType)
            func attend(_ images: Range<Int>, into y: Tensor) {
                let key = RowsView(key.rows(images))
                engine.attention(
                    RowsView(query.rows(images)), key.columns(0..<24), key.columns(24..<48),
                    AttentionTerms(heads: 4, keyCounts: Array(counts[images])), into: RowsView(y.rows(images))
                )
            }
            attend(0..<3, into: together)
            for image in 0..<3 { attend(image..<image + 1, into: alone) }
            outcomes.insert(together.bits)
            outcomes.insert(alone.bits)
        }
        #expect(outcomes.count == 1)
    }
}
