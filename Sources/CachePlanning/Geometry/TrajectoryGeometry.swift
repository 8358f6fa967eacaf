import LinearAlgebra

/// A sampling trajectory seen in three dimensions.
///
/// The points are Y_i = x_i / √ᾱ_i for i = 0 … S, Y_S the end. The first axis u runs from Y_0 to Y_S; w1 and w2
/// are the two leading principal axes of what is left of the points off u (Chen et al., arXiv 2405.11326; used by
/// OmniCache, arXiv 2508.16212). Everything is computed from inner products of the points, never in the space
/// of latents: coordinates along principal axes are eigenvectors of the Gram matrix times root eigenvalues.
public struct TrajectoryGeometry: Sendable {
    /// [S+1]: coordinates of each point along (u, w1, w2), the end at the origin.
    ///
    /// w1 and w2 have any sign.
    public let coordinates: [SIMD3<Double>]

    /// The geometry of the points with the given inner products.
    /// - Parameters:
    ///   - gram: [points, points] ⟨Y_i, Y_j⟩, about any origin.
    ///   - points: S + 1, 2 or more.
    /// - Throws: `PlanError` (calibration) if a product is not finite or the eigenvalues are not found.
    public init(gram: [Double], points: Int) throws(PlanError) {
        precondition(
            points >= 2 && gram.count == points * points, "\(gram.count) products of \(points) points")
        guard gram.allSatisfy(\.isFinite) else {
            throw PlanError(
                .calibration,
                "calibration: the trajectory holds a number that is not finite; are the weights damaged?")
        }
        let end = points - 1
        func fromEnd(_ i: Int, _ j: Int) -> Double {
            gram[i * points + j] - gram[i * points + end] - gram[end * points + j] + gram[end * points + end]
        }
        // u points from Y_0 to Y_S, so ⟨Y_i − Y_S, u⟩ = −⟨Y_i − Y_S, Y_0 − Y_S⟩ / ‖Y_0 − Y_S‖.
        let span = max(0, fromEnd(0, 0)).squareRoot()
        let along = (0..<points).map { span > 0 ? -fromEnd($0, 0) / span : 0 }

        var off = Array(repeating: 0.0, count: points * points)
        for i in 0..<points {
            for j in 0..<points { off[i * points + j] = fromEnd(i, j) - along[i] * along[j] }
        }
        // What is left of a straight path is rounding, and rounding has no axes.
        let energy = (0..<points).reduce(0) { $0 + fromEnd($1, $1) }
        let (w1, w2) = try principalCoordinates(
            centred(off, order: points), order: points, above: energy * Double(points) * .ulpOfOne)
        coordinates = (0..<points).map { i in
            SIMD3(along[i], w1[i] - w1[end], w2[i] - w2[end])
        }
    }

    /// [S]: the bend at each point but the last; point 0, which has no edge into it, takes point 1's.
    public func curvature(_ measure: CurvatureMeasure) -> [Double] {
        let steps = coordinates.count - 1
        var scores = Array(repeating: 0.0, count: steps)
        for i in 1..<max(1, steps) {
            scores[i] = measure.curvature(
                coordinates[i] - coordinates[i - 1], coordinates[i + 1] - coordinates[i])
        }
        if steps > 1 { scores[0] = scores[1] }
        return scores
    }
}

/// The Gram matrix about the points' mean.
private func centred(_ gram: [Double], order: Int) -> [Double] {
    let rowMeans = (0..<order).map { row in
        gram[(row * order)..<((row + 1) * order)].reduce(0, +) / Double(order)
    }
    let mean = rowMeans.reduce(0, +) / Double(order)
    return (0..<(order * order)).map { gram[$0] - rowMeans[$0 / order] - rowMeans[$0 % order] + mean }
}

/// Coordinates along the two leading principal axes: √λ · eigenvector of the centred Gram matrix.
///
/// An eigenvalue up to `least` counts as 0.
private func principalCoordinates(
    _ gram: [Double], order: Int, above least: Double
) throws(PlanError) -> (first: [Double], second: [Double]) {
    let system: (values: [Double], vectors: [[Double]])
    do {
        system = try symmetricEigensystem(gram, order: order)
    } catch {
        throw PlanError(.calibration, "calibration: the principal axes of the trajectory: \(error)")
    }
    let leading = system.values.indices.sorted { system.values[$0] > system.values[$1] }
    func axis(_ rank: Int) -> [Double] {
        let value = system.values[leading[rank]]
        let root = value > least ? value.squareRoot() : 0
        return system.vectors[leading[rank]].map { $0 * root }
    }
    return (axis(0), axis(1))
}
