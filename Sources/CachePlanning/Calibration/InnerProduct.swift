/// ⟨a, b⟩, summed in double precision in an order of its own that depends on the length alone.
///
/// Four sums side by side: a single one would have to wait for each addition.
func innerProduct(_ a: [Float], _ b: [Float]) -> Double {
    precondition(a.count == b.count, "\(a.count) against \(b.count) numbers")
    var sums = SIMD4<Double>.zero
    var index = 0
    while index + 4 <= a.count {
        let x = SIMD4(Double(a[index]), Double(a[index + 1]), Double(a[index + 2]), Double(a[index + 3]))
        let y = SIMD4(Double(b[index]), Double(b[index + 1]), Double(b[index + 2]), Double(b[index + 3]))
        sums += x * y
        index += 4
    }
    while index < a.count {
        sums[index % 4] += Double(a[index]) * Double(b[index])
        index += 1
    }
    return (sums[0] + sums[1]) + (sums[2] + sums[3])
}

/// a − b, element by element.
func difference(_ a: [Float], _ b: [Float]) -> [Float] {
    precondition(a.count == b.count, "\(a.count) against \(b.count) numbers")
    return zip(a, b).map { $0 - $1 }
}

/// The root of the mean squared distance from the mean; 0 of nothing.
func standardDeviation(_ numbers: [Double]) -> Double {
    let count = Double(max(1, numbers.count))
    let mean = numbers.reduce(0, +) / count
    return (numbers.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / count).squareRoot()
}
