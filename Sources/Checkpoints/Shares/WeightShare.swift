import Files
public import Tensors

/// The stored bytes of the tensors that one rank reads, one tensor after another, cut into pieces that travel
/// as messages.
///
/// Both sides make it of the same headers, so that they agree on every piece without a word. A message is a
/// piece's bytes and, behind them, their hash in eight bytes, lowest first.
public struct WeightShare: Sendable {
    /// A tensor, and where its bytes are among those of the share.
    struct Item: Sendable {
        let name: String
        let stored: WeightArchive.StoredTensor
        let place: Range<Int>
    }

    /// The bytes of a piece, but for the last: large enough to fill a link, small enough to hold two.
    public static let usualPieceByteCount = 8 << 20
    static let hashByteCount = 8

    /// The bytes of all its tensors.
    public let byteCount: Int
    /// What was asked for.
    public let request: WeightRequest
    let transformer: [Item]
    let autoencoder: [Item]
    private let pieceByteCount: Int
    private let weights: WeightArchives

    /// The share of a rank that asks for some of a model's tensors.
    /// - Throws: `.invalid` if the model has no such tensor.
    public init(
        _ request: WeightRequest, of weights: WeightArchives, pieceByteCount: Int = usualPieceByteCount
    ) throws(ReadError) {
        precondition(pieceByteCount > 0, "WeightShare: pieces of \(pieceByteCount) bytes")
        func items(
            _ names: [String], _ archive: WeightArchive, from start: Int
        ) throws(ReadError) -> [Item] {
            var items: [Item] = []
            for name in names {
                let stored = try archive.tensor(name)
                let start = items.last?.place.upperBound ?? start
                items.append(Item(name: name, stored: stored, place: start..<start + stored.bytes.count))
            }
            return items
        }
        transformer = try items(request.transformer, weights.transformer, from: 0)
        let middle = transformer.last?.place.upperBound ?? 0
        autoencoder = try items(request.autoencoder, weights.autoencoder, from: middle)
        byteCount = autoencoder.last?.place.upperBound ?? middle
        self.request = request
        self.pieceByteCount = pieceByteCount
        self.weights = weights
    }

    /// The number of pieces.
    public var pieceCount: Int { (byteCount + pieceByteCount - 1) / pieceByteCount }

    /// The length of the message that carries a piece.
    public func messageByteCount(of piece: Int) -> Int { range(of: piece).count + Self.hashByteCount }

    /// Reads a piece's bytes from the model's files and puts their hash behind them.
    /// - Parameter message: of `messageByteCount(of:)` bytes.
    /// - Throws: `.invalid` if they cannot be read.
    public func read(_ piece: Int, into message: AlignedBytes) throws(ReadError) {
        let range = range(of: piece)
        precondition(
            message.byteCount == range.count + Self.hashByteCount,
            "WeightShare: piece of \(range.count) bytes into a message of \(message.byteCount)")
        // Safe: places lie within the piece once clamped, and the message has room for all of it.
        try message.withUnsafeMutableBytes { (bytes) throws(ReadError) in
            for item in transformer + autoencoder {
                let part = item.place.clamped(to: range)
                guard !part.isEmpty else { continue }
                let start = item.stored.bytes.lowerBound + part.lowerBound - item.place.lowerBound
                let target = bytes[part.lowerBound - range.lowerBound..<part.upperBound - range.lowerBound]
                try item.stored.file.read(
                    start..<start + part.count, into: UnsafeMutableRawBufferPointer(rebasing: target))
            }
            var hash = ContentHash()
            hash.add(UnsafeRawBufferPointer(rebasing: bytes[..<range.count]))
            bytes.storeBytes(of: hash.value.littleEndian, toByteOffset: range.count, as: UInt64.self)
        }
    }

    /// The model's archives with these tensors alone, read from `source`, where they lie as in the share.
    public func archives(over source: any ByteSource) -> WeightArchives {
        func archive(_ whole: WeightArchive, _ items: [Item]) -> WeightArchive {
            let tensors = items.map { item in
                let stored = WeightArchive.StoredTensor(
                    file: source, type: item.stored.type, shape: item.stored.shape, bytes: item.place)
                return (item.name, stored)
            }
            return WeightArchive(name: whole.name, tensors: Dictionary(tensors) { $1 })
        }
        return WeightArchives(
            transformer: archive(weights.transformer, transformer),
            autoencoder: archive(weights.autoencoder, autoencoder))
    }

    private func range(of piece: Int) -> Range<Int> {
        precondition((0..<pieceCount).contains(piece), "WeightShare: piece \(piece) of \(pieceCount)")
        return piece * pieceByteCount..<min((piece + 1) * pieceByteCount, byteCount)
    }
}
