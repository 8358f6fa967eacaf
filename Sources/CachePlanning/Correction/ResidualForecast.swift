/// What stands in for the blocks' residual at a reused step: the polynomial through the residuals of the last computed
/// steps, taken further.
///
/// Order 0 is the last residual itself, order 1 goes on along its last change, and so on: what TaylorSeer
/// (arXiv 2503.06923) does for modules, with differences between unequal distances (Lagrange's form).
public enum ResidualForecast {
    /// The highest order that a plan may ask for.
    public static let highestOrder = 3

    /// The weight of each residual, the latest first.
    /// - Parameters:
    ///   - step: where the forecast is for.
    ///   - steps: the computed steps that residuals are known of, the latest first; the first order + 1 are used.
    public static func weights(at step: Int, through steps: [Int], order: Int) -> [Float] {
        let used = steps.prefix(order + 1)
        return used.map { own in
            Float(
                used.reduce(1.0) { weight, other in
                    other == own ? weight : weight * Double(step - other) / Double(own - other)
                })
        }
    }
}
