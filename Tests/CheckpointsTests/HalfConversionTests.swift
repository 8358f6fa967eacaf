import CKernels
import Testing

@Suite(.serialized) struct HalfConversionTests {
    private typealias Widening = (
        UnsafeMutablePointer<Float>?, UnsafePointer<UInt16>?, Int
    ) -> Void

    private func widen(_ halves: [UInt16], _ widening: Widening) -> [Float] {
        var result = [Float](repeating: -1, count: halves.count)
        widening(&result, halves, halves.count)
        return result
    }

    @Test("Every f16 becomes the f32 of the same value, subnormals, infinities and NaNs included")
    func everyHalf() {
        let halves = (0...UInt16.max).map { $0 }
        let wrong = zip(halves, widen(halves, halfToFloat)).filter { half, value in
            let expected = Float(Float16(bitPattern: half))
            return expected.isNaN ? !value.isNaN : value.bitPattern != expected.bitPattern
        }
        #expect(wrong.isEmpty, "\(wrong.prefix(3))")
    }

    @Test("Every bf16 becomes the f32 of the same upper bits")
    func everyBrainFloat() {
        let halves = (0...UInt16.max).map { $0 }
        #expect(widen(halves, bfloatToFloat).map(\.bitPattern) == halves.map { UInt32($0) << 16 })
    }

    @Test("Any count is converted and nothing beyond it", arguments: [0, 1, 7, 8, 9, 15, 17, 33])
    func counts(_ count: Int) {
        let halves = [UInt16](repeating: 0x3C00, count: count)
        var result = [Float](repeating: 5, count: count + 1)
        halfToFloat(&result, halves, count)
        #expect(result == Array(repeating: 1, count: count) + [5])
    }
}
