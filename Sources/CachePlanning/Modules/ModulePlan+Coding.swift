extension ModulePlan: Codable {
    private enum CodingKeys: String, CodingKey {
        case combine, order, eta, attention, mlp
    }

    /// Reads the masks, a text of L letters for each step, C for computed and R for reused.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let name = try container.decode(String.self, forKey: .combine)
        let combination: ModuleCombination
        switch name {
        case "reuse": combination = .reuse
        case "taylor": combination = .taylor(order: try container.decodeWhole(.order))
        case "gradient": combination = .gradient(eta: try container.decode(Double.self, forKey: .eta))
        case "offset": combination = .offset
        default:
            throw PlanError(
                .malformed,
                "plan: modules: combine: expected reuse, taylor, gradient or offset, found \(name.prefix(80))"
            )
        }
        try self.init(
            combination, attention: try container.decodeMask(.attention), mlp: try container.decodeMask(.mlp))
    }

    /// Writes the masks as they are read.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(combination.name, forKey: .combine)
        switch combination {
        case .reuse, .offset: break
        case .taylor(let order): try container.encode(order, forKey: .order)
        case .gradient(let eta): try container.encode(eta, forKey: .eta)
        }
        try container.encode(Self.letters(attention), forKey: .attention)
        try container.encode(Self.letters(mlp), forKey: .mlp)
    }

    private static func letters(_ mask: [[Bool]]) -> [String] {
        mask.map { row in String(row.map { $0 ? "C" : "R" as Character }) }
    }
}

extension KeyedDecodingContainer {
    fileprivate func decodeMask(_ key: Key) throws -> [[Bool]] {
        let rows = try decode([String].self, forKey: key)
        guard rows.count <= CachePlan.mostSteps else {
            throw PlanError(
                .malformed,
                "plan: modules: \(key.stringValue): expected at most \(CachePlan.mostSteps) steps, found \(rows.count)"
            )
        }
        return try rows.enumerated().map { step, row in
            try row.utf8.map { letter in
                guard letter == UInt8(ascii: "C") || letter == UInt8(ascii: "R") else {
                    throw PlanError(
                        .malformed,
                        "plan: modules: \(key.stringValue)[\(step)]: expected the letters C and R, found \(row.prefix(80))"
                    )
                }
                return letter == UInt8(ascii: "C")
            }
        }
    }
}

extension ModulePlan {
    /// All content, in an order that does not change: what a plan's hash takes in.
    func forEachNumber(_ body: (UInt64) -> Void) {
        switch combination {
        case .reuse: body(0)
        case .taylor(let order): body(1 + UInt64(order) << 8)
        case .gradient(let eta):
            body(2)
            body(eta.bitPattern)
        case .offset: body(3)
        }
        body(UInt64(steps))
        body(UInt64(blocks))
        for row in attention + mlp { for computed in row { body(computed ? 1 : 0) } }
    }
}
