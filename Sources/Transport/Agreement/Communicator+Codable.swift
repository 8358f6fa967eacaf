import FoundationEssentials

extension Communicator {
    /// Gives every rank the root's value, as JSON; what the others pass is ignored.
    ///
    /// Floating-point numbers arrive exactly.
    /// - Throws: `TransportError`, on every rank also if the value cannot be written as JSON.
    public func broadcast<T: Codable & Sendable>(_ value: T, from root: Int) throws(TransportError) -> T {
        let sent = rank == root ? encoded(value) : []
        return try decoded(T.self, try broadcast(sent, from: root), from: root)
    }

    /// Gives the root every rank's value, in rank order, as JSON, and the others an empty array.
    /// - Throws: `TransportError`, on the root also if a value cannot be written as JSON.
    public func gather<T: Codable & Sendable>(_ value: T, to root: Int) throws(TransportError) -> [T] {
        let pieces = try gather(encoded(value), to: root)
        var values: [T] = []
        for (source, piece) in pieces.enumerated() {
            values.append(try decoded(T.self, piece, from: source))
        }
        return values
    }

    /// Gives every rank every rank's value, in rank order, as JSON.
    /// - Throws: `TransportError`.
    public func allGather<T: Codable & Sendable>(_ value: T) throws(TransportError) -> [T] {
        try broadcast(try gather(value, to: 0), from: 0)
    }

    // A value that cannot be encoded travels as no bytes, which JSON never is: were nothing sent, the other
    // ranks would wait for it.
    private func encoded<T: Codable>(_ value: T) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        guard let data = try? encoder.encode(value) else { return [] }
        return Array(data)
    }

    private func decoded<T: Codable>(
        _ type: T.Type, _ bytes: [UInt8], from source: Int
    ) throws(TransportError) -> T {
        guard !bytes.isEmpty else {
            throw TransportError("rank \(source) could not write its \(T.self) as JSON")
        }
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        do {
            return try decoder.decode(T.self, from: Data(bytes))
        } catch {
            throw TransportError(
                "rank \(rank) cannot read the \(T.self) of rank \(source): \(error); "
                    + "do all ranks run the same omnicache?")
        }
    }
}
