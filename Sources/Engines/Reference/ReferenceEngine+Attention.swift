import Platform
import Tensors

extension ReferenceEngine {
    /// softmax(scale · Q Kᵀ + bias) V over the keys that each query sees.
    public func attention(
        _ query: RowsView, _ key: RowsView, _ value: RowsView, _ terms: AttentionTerms, into y: RowsView
    ) {
        let width = query.width / terms.heads
        let group = terms.heads * width / key.width
        precondition(
            width * terms.heads == query.width && key.isAlike(value) && query.isAlike(y),
            "ReferenceEngine: attention of \(terms.heads) heads on \(query), \(key) and \(value) into \(y)")
        let scale = Double(terms.scale ?? 1 / Float(width).squareRoot())
        let (q, k, v) = (query.tensor.values, key.tensor.values, value.tensor.values)
        let bias = terms.bias?.values
        var result = y.tensor.values
        for index in 0..<query.images * terms.heads * query.rows {
            let (image, head) = (index / (terms.heads * query.rows), index / query.rows % terms.heads)
            let row = index % query.rows
            let count = terms.keyCounts?[image] ?? key.rows
            let keys = terms.isCausal ? min(count, row + 1) : count
            var scores = [Double](repeating: 0, count: keys)
            for other in 0..<keys {
                for i in 0..<width {
                    scores[other] +=
                        Double(q[query.index(image: image, row: row, column: head * width + i)])
                        * Double(k[key.index(image: image, row: other, column: head / group * width + i)])
                }
                scores[other] *= scale
                if let bias, let shape = terms.bias?.shape {
                    let place = head % shape[0] * shape[1] + row % shape[1]
                    scores[other] += Double(bias[place * key.rows + other])
                }
            }
            let largest = scores.max() ?? 0
            let weights = scores.map { exp($0 - largest) }
            let total = weights.reduce(0, +)
            for i in 0..<width {
                var sum = 0.0
                for other in 0..<keys {
                    sum +=
                        weights[other]
                        * Double(v[value.index(image: image, row: other, column: head / group * width + i)])
                }
                result[y.index(image: image, row: row, column: head * width + i)] = Float(sum / total)
            }
        }
        y.tensor.assign(result)
    }
}
