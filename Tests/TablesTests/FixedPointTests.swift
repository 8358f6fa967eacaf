import Tables
import Testing

@Suite struct FixedPointTests {
    @Test(
        arguments: [
            (0, 0, "0"), (0, 2, "0.00"), (0.5, 0, "1"), (-0.5, 0, "-1"), (0.0625, 3, "0.063"),
            (-0.004, 2, "0.00"),
            (1234.5, 1, "1234.5"), (9.996, 2, "10.00"), (1e300, 1, "1e+300"), (.nan, 2, "nan"),
            (-.infinity, 0, "-inf"),
        ] as [(Double, Int, String)])
    func numbers(value: Double, digits: Int, text: String) {
        #expect(fixedPoint(value, digits: digits) == text)
    }
}
