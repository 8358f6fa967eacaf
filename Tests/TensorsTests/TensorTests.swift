import Tensors
import Testing

@Suite(.serialized) struct TensorTests {
    @Test(arguments: [ElementType.f32, .f16, .bf16]) func newTensorsAreZeroAndAligned(_ type: ElementType) {
        for shape in [[3, 5], [0], [1, 1 << 18]] {
            // Memory that was used before, and let go, is zeroed anew.
            Tensor(zeros: shape, type).storage.withUnsafeMutableBytes { bytes in
                for index in bytes.indices { bytes[index] = 7 }
            }
            let tensor = Tensor(zeros: shape, type)
            #expect(tensor.byteCount == shape.reduce(1, *) * type.byteCount)
            tensor.storage.withUnsafeMutableBytes { bytes in
                #expect(bytes.count == tensor.byteCount && bytes.allSatisfy { $0 == 0 })
                #expect(Int(bitPattern: bytes.baseAddress) % AlignedBytes.alignment == 0)
            }
        }
    }

    @Test(arguments: [ElementType.f32, .bf16]) func fillsItsOwnRowsWithZeros(_ type: ElementType) {
        let tensor = Tensor(zeros: [3, 5], type)
        tensor.storage.withUnsafeMutableBytes { bytes in for index in bytes.indices { bytes[index] = 7 } }
        tensor.rows(1..<2).fillWithZeros()
        tensor.storage.withUnsafeMutableBytes { bytes in
            let row = 5 * type.byteCount
            for index in 0..<3 * row { #expect(bytes[index] == (index / row == 1 ? 0 : 7)) }
        }
    }

    @Test func rowsShareStorage() {
        let tensor = Tensor((0..<12).map(Float.init), shape: [3, 2, 2])
        let view = tensor.rows(1..<3)
        #expect(view.shape == [2, 2, 2] && view.values == (4..<12).map(Float.init))
        view.assign([Float](repeating: -1, count: 8))
        #expect(tensor.values == [0, 1, 2, 3] + [Float](repeating: -1, count: 8))
    }

    @Test func subscriptDropsTheFirstAxis() {
        let tensor = Tensor((0..<6).map(Float.init), shape: [3, 2])
        #expect(tensor[2].shape == [2] && tensor[2].values == [4, 5])
        #expect(tensor[2][1].shape == [] && tensor[2][1].values == [5])
    }

    @Test func copyTakesViewsOnBothSides() {
        let source = Tensor((0..<6).map(Float.init), shape: [3, 2])
        let target = Tensor(zeros: [2, 2])
        target[1].copy(from: source[2])
        #expect(target.values == [0, 0, 4, 5])
    }

    @Test func spansReadAndWriteInPlace() {
        let tensor = Tensor(zeros: [2, 2])
        let row = tensor[1]
        var span = row.mutableElements
        span[0] = 7
        let (count, element) = (tensor.elements.count, tensor.elements[2])
        #expect(count == 4 && element == 7)
    }

    @Test func emptyTensorsAreAllowed() {
        let tensor = Tensor(zeros: [0, 4])
        #expect(tensor.count == 0 && tensor.values.isEmpty && tensor.rows(0..<0).count == 0)
    }

    @Test func reshapingKeepsOrder() {
        let tensor = Tensor((0..<6).map(Float.init), shape: [2, 3]).reshaped([3, 2])
        #expect(tensor[1].values == [2, 3])
    }
}
