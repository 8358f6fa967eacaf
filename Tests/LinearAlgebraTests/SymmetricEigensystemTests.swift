import LinearAlgebra
import Testing

@Suite(.serialized) struct SymmetricEigensystemTests {
    @Test(arguments: [1, 2, 7, 20]) func reconstructsTheMatrix(_ order: Int) throws {
        let values = (0..<order * order).map { Double($0 * $0 % 17 - 8) / 8 }
        let matrix = (0..<order * order).map { values[$0] + values[$0 % order * order + $0 / order] }
        let system = try symmetricEigensystem(matrix, order: order)
        for row in 0..<order {
            for column in 0..<order {
                let sum = (0..<order).reduce(0.0) {
                    $0 + system.values[$1] * system.vectors[$1][row] * system.vectors[$1][column]
                }
                #expect(abs(sum - matrix[row * order + column]) < 1e-12 * Double(order))
            }
        }
    }

    @Test func valuesRiseAndSignsAreFixed() throws {
        let system = try symmetricEigensystem([2, 0, 0, 0, -3, 0, 0, 0, 1], order: 3)
        #expect(system.values == [-3, 1, 2])
        #expect(system.vectors == [[0, 1, 0], [0, 0, 1], [1, 0, 0]])
    }

    @Test func refusesNaN() {
        #expect(throws: LinearAlgebraError.self) { try symmetricEigensystem([.nan], order: 1) }
    }
}
