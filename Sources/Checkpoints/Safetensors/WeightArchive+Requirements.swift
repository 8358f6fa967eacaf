import Files

extension WeightArchive {
    /// Checks that exactly the expected tensors are there, before any is read.
    /// - Parameters:
    ///   - expected: each tensor's shape, which may differ by trailing 1×1 axes.
    ///   - ignoring: tells which further tensors may be there as well.
    /// - Throws: `.invalid`, one error for all that are missing, surplus, of another shape or of a format
    ///   other than F32, F16 and BF16.
    public func require(
        exactly expected: [String: [Int]], ignoring: (String) -> Bool
    ) throws(ReadError) {
        var missing: [String] = []
        var misshapen: [String] = []
        var mistyped: [String] = []
        for (tensorName, shape) in expected.sorted(by: { $0.key < $1.key }) {
            guard let stored = tensors[tensorName] else {
                missing.append(tensorName)
                continue
            }
            if !sameLayer(stored.shape, shape) {
                misshapen.append("\(tensorName): expected \(shape), found \(stored.shape)")
            } else if stored.type.elementType == nil {
                mistyped.append("\(tensorName) is \(stored.type.rawValue)")
            }
        }
        let surplus = names.filter { expected[$0] == nil && !ignoring($0) }

        let problems = [
            Self.list(missing, "missing"), Self.list(surplus, "not of this model"),
            Self.list(misshapen, "of another shape"),
            Self.list(mistyped, "neither F32 nor F16 nor BF16"),
        ].compactMap { $0 }
        guard problems.isEmpty else {
            throw .invalid(
                name, problems.joined(separator: "; ") + "; does config.json belong to these weights?")
        }
    }

    private static func list(_ items: [String], _ what: String) -> String? {
        guard !items.isEmpty else { return nil }
        let named = items.prefix(3).joined(separator: ", ") + (items.count > 3 ? ", ..." : "")
        return "\(items.count) \(items.count == 1 ? "tensor is" : "tensors are") \(what) (\(named))"
    }
}
