/// ‖a − reference‖ / ‖reference‖ in the Euclidean norm; 0 of two zero vectors, infinite of zero and another.
///
/// - Precondition: Both have as many numbers.
public func relativeError(_ a: [Float], _ reference: [Float]) -> Double {
    precondition(
        a.count == reference.count, "relativeError: \(a.count) numbers against \(reference.count)")
    var (difference, norm) = (0.0, 0.0)
    for (value, wanted) in zip(a, reference) {
        let error = Double(value) - Double(wanted)
        difference += error * error
        norm += Double(wanted) * Double(wanted)
    }
    return difference == 0 ? 0 : (difference / norm).squareRoot()
}
