import Foundation
import Tensors
import Transport

extension Communicator {
    /// Brings each rank's pictures to rank 0 one by one, so that it holds one of another rank at a time; a collective.
    /// - Parameters:
    ///   - own: pixels, [H, W, 3], by way and image.
    ///   - byteCount: of a picture.
    ///   - take: called on rank 0 for each.
    /// - Throws: `TransportError`; `RanksFailed`, alike on all ranks, with what `take` has thrown.
    func collect(
        pictures own: [String: [Int: Data]], byteCount: Int,
        take: (_ way: String, _ image: Int, _ pixels: [UInt8]) throws -> Void
    ) throws {
        let names = own.flatMap { way, pictures in pictures.keys.map { PictureName(way: way, image: $0) } }
        func pixels(_ name: PictureName) -> [UInt8] { own[name.way]?[name.image].map { [UInt8]($0) } ?? [] }
        let all = try gather(names, to: 0)
        guard rank == 0 else {
            for name in names { try send(AlignedBytes(pixels(name)), to: 0, tag: pictureTag).wait() }
            return try agreeOnErrors {}
        }
        // What cannot be kept is taken all the same: the others wait for it to be.
        var failure: (any Error)?
        for (source, names) in all.enumerated() {
            for name in names {
                var received = source == 0 ? pixels(name) : []
                if source > 0 {
                    let bytes = AlignedBytes(byteCount: byteCount)
                    try receive(into: bytes, from: source, tag: pictureTag).wait()
                    received = bytes.bytes
                }
                guard failure == nil else { continue }
                do { try take(name.way, name.image, received) } catch { failure = error }
            }
        }
        try agreeOnErrors { if let failure { throw failure } }
    }
}

/// Which picture comes next.
private struct PictureName: Codable, Sendable {
    var way: String
    var image: Int
}

/// Beyond the kinds of messages that runs and weights have.
private let pictureTag = 1001
