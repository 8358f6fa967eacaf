import CachePlanning
import Testing

private struct GeometryGolden: Decodable {
    var points: [[Double]]
    var coordinates: [[Double]]
    var turn: [Double]
    var menger: [Double]
    var frenet: [Double]

    var gram: [Double] {
        points.flatMap { a in points.map { b in zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } } }
    }
}

@Suite(.serialized)
struct GeometryTests {
    private func goldens() throws -> [GeometryGolden] {
        try planningGolden("geometry.json", as: [GeometryGolden].self)
    }

    @Test(arguments: 0..<3)
    func coordinatesEqualASingularValueDecomposition(_ index: Int) throws {
        let golden = try goldens()[index]
        let geometry = try TrajectoryGeometry(gram: golden.gram, points: golden.points.count)
        let scale = golden.coordinates.flatMap { $0 }.map(abs).max() ?? 1
        for axis in 0..<3 {
            let found = geometry.coordinates.map { $0[axis] }
            let expected = golden.coordinates.map { $0[axis] }
            // Principal axes have no sign.
            let worst = [1.0, axis == 0 ? 1 : -1].map { sign in
                zip(found, expected).map { abs($0 - sign * $1) }.max() ?? 0
            }
            #expect((worst.min() ?? 1) < 1e-8 * scale, "axis \(axis)")
        }
    }

    @Test(arguments: 0..<3, CurvatureMeasure.allCases)
    func curvaturesEqualTheReference(_ index: Int, _ measure: CurvatureMeasure) throws {
        let golden = try goldens()[index]
        let geometry = try TrajectoryGeometry(gram: golden.gram, points: golden.points.count)
        let expected =
            switch measure {
            case .turn: golden.turn
            case .menger: golden.menger
            case .frenet: golden.frenet
            }
        let found = geometry.curvature(measure)
        #expect(found.count == expected.count)
        for (step, pair) in zip(found, expected).enumerated() {
            #expect(abs(pair.0 - pair.1) <= 1e-8 * max(1, abs(pair.1)), "\(measure) at \(step)")
        }
    }

    @Test func aCircleHasTheCurvatureOfItsRadius() throws {
        let points = (0...9).map { i -> SIMD2<Double> in
            let t = Double(i) / 10
            return SIMD2((1 - t * t) / (1 + t * t), 2 * t / (1 + t * t)) * 4
        }
        let gram = points.flatMap { a in points.map { b in (a * b).sum() } }
        let geometry = try TrajectoryGeometry(gram: gram, points: 10)
        for curvature in geometry.curvature(.menger) { #expect(abs(curvature - 0.25) < 1e-9) }
    }

    @Test(arguments: [2, 3, 8])
    func aStraightPathDoesNotBend(_ points: Int) throws {
        let path = (0..<points).map { SIMD3(1.0, 2, 3) + Double($0 * $0) * SIMD3(0.3, -0.1, 0.7) }
        let gram = path.flatMap { a in path.map { b in (a * b).sum() } }
        let geometry = try TrajectoryGeometry(gram: gram, points: points)
        for measure in CurvatureMeasure.allCases {
            #expect(geometry.curvature(measure) == Array(repeating: 0, count: points - 1))
        }
    }

    @Test func pathThatStandsStillDoesNotBend() throws {
        let geometry = try TrajectoryGeometry(gram: Array(repeating: 2, count: 25), points: 5)
        for measure in CurvatureMeasure.allCases { #expect(geometry.curvature(measure) == [0, 0, 0, 0]) }
    }

    @Test func aNumberThatIsNotFiniteIsAnError() {
        #expect { try TrajectoryGeometry(gram: [1, 0, 0, .nan], points: 2) } throws: {
            ($0 as? PlanError)?.kind == .calibration
        }
    }
}
