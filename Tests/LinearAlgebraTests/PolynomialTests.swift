import LinearAlgebra
import Testing

@Suite(.serialized) struct PolynomialTests {
    @Test(arguments: [0, 1, 2, 4])
    func goesThroughItsOwnPoints(degree: Int) throws {
        let wanted = Polynomial(Array([0.3, -2, 1.5, 0.25, -0.75].suffix(degree + 1)))
        let points = stride(from: 0.02, to: 0.4, by: 0.03).map { (x: $0, y: wanted.value(at: $0)) }
        let found = try #require(Polynomial(fitting: points, degree: degree))
        #expect(found.coefficients.count == degree + 1)
        for (a, b) in zip(found.coefficients, wanted.coefficients) { #expect(abs(a - b) < 1e-8) }
    }

    /// The least squares line through (0, 1), (1, 1), (2, 4) is 0.5 + 1.5·x.
    @Test func isTheNearestOne() throws {
        let line = try #require(Polynomial(fitting: [(0, 1), (1, 1), (2, 4)], degree: 1))
        #expect(abs(line.coefficients[0] - 1.5) < 1e-12 && abs(line.coefficients[1] - 0.5) < 1e-12)
    }

    @Test func tooFewPointsHaveNone() {
        #expect(Polynomial(fitting: [(1, 1), (1, 2), (2, 2)], degree: 2) == nil)
        #expect(Polynomial(fitting: [(1, 1), (.nan, 2), (3, 2)], degree: 1) == nil)
        #expect(Polynomial(fitting: [], degree: 0) == nil)
    }
}
