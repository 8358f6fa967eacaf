import FoundationEssentials
import Schedulers
import TestSupport
import Testing

/// The noise streams of PyTorch.
@Suite(.serialized) struct TorchGeneratorTests {
    struct File: Decodable {
        struct Stream: Decodable {
            var seed: String
            var draws: [Draw]
        }
        struct Draw: Decodable {
            var which: String
            var count: Int
            /// All numbers up to 100, else the first 16 and the last 32.
            var ends: Data
            var sum: Double
        }
        var streams: [Stream]
    }

    @Test("uniforms are PyTorch's bit for bit, normals to 1e-6, in any mixture of calls")
    func streams() throws {
        let file = try SchedulerGoldens.read("noise.json", as: File.self)
        #expect(file.streams.count == 49)
        for stream in file.streams {
            var generator = TorchGenerator(seed: try #require(UInt64(stream.seed)))
            for (index, draw) in stream.draws.enumerated() {
                let label = "seed \(stream.seed), draw \(index): \(draw.which) of \(draw.count)"
                let uniform = draw.which == "rand"
                let values = uniform ? generator.uniforms(draw.count) : generator.normals(draw.count)
                #expect(values.count == draw.count, "\(label)")
                let ends = draw.count <= 100 ? values : Array(values.prefix(16) + values.suffix(32))
                let expected = SchedulerGoldens.floats(draw.ends)
                let sum = values.reduce(0) { $0 + Double($1) }
                if uniform {
                    #expect(ends == expected && sum == draw.sum, "\(label)")
                } else {
                    #expect(zip(ends, expected).allSatisfy { abs($0 - $1) <= 1e-6 }, "\(label)")
                    expectClose(ends, expected, relative: 3e-7, label)
                    #expect(abs(sum - draw.sum) <= 1e-7 * Double(draw.count), "\(label)")
                }
            }
        }
    }

    @Test("a copy goes on from the same place, and so does a stored generator")
    func state() throws {
        var generator = TorchGenerator(seed: 7)
        _ = generator.normals(3)
        var copy = generator
        var stored = try JSONDecoder().decode(
            TorchGenerator.self, from: try JSONEncoder().encode(generator))
        #expect(stored == generator)
        let next = generator.normals(5)
        #expect(copy != generator)
        #expect(copy.normals(5) == next)
        #expect(stored.normals(5) == next)
    }

    @Test("seeds differ by their low 32 bits only, as in PyTorch")
    func seeds() {
        var (a, b, c) = (TorchGenerator(seed: 5), TorchGenerator(seed: 1 << 32 + 5), TorchGenerator(seed: 6))
        let expected = a.uniforms(9)
        #expect(b.uniforms(9) == expected)
        #expect(c.uniforms(9) != expected)
    }
}
