import Platform

/// How the bend of a polygon at one of its points is measured.
///
/// a and b are the edges into and out of the point. Where an edge has no length, nothing bends: 0.
public enum CurvatureMeasure: String, Sendable, Codable, CaseIterable {
    /// The turning angle, atan2(‖a×b‖, a·b), in radians. It has no scale.
    case turn
    /// Menger's: the inverse radius of the circle through the three points, 2‖a×b‖ / (‖a‖ ‖b‖ ‖a+b‖).
    case menger
    /// Frenet's by differences: ‖r′×r″‖ / ‖r′‖³ with r′ = (a+b)/2 and r″ = b−a.
    case frenet

    /// The bend between edges `a` and `b`.
    func curvature(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> Double {
        let bend = length(cross(a, b))
        switch self {
        case .turn:
            return atan2(bend, (a * b).sum())
        case .menger:
            let scale = length(a) * length(b) * length(a + b)
            return scale > 0 ? 2 * bend / scale : 0
        case .frenet:
            let speed = length((a + b) / 2)
            return speed > 0 ? bend / (speed * speed * speed) : 0
        }
    }
}

private func length(_ v: SIMD3<Double>) -> Double { (v * v).sum().squareRoot() }

private func cross(_ a: SIMD3<Double>, _ b: SIMD3<Double>) -> SIMD3<Double> {
    SIMD3(a.y * b.z - a.z * b.y, a.z * b.x - a.x * b.z, a.x * b.y - a.y * b.x)
}
