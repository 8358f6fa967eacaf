/// Points on a line with both ends, to the bit `numpy.linspace`: what is cut off to whole timesteps depends on it.
func evenlySpaced(from first: Double, to last: Double, count: Int) -> [Double] {
    guard count > 1 else { return [first] }
    let width = (last - first) / Double(count - 1)
    return (0..<count - 1).map { Double($0) * width + first } + [last]
}
