import Foundation
import TestSupport

/// What a PNG file says of itself; its pixels stay packed.
struct Picture {
    let width: Int
    let height: Int
    /// The text chunks by keyword.
    let text: [String: String]
    /// The packed pixels, which are equal where the pixels are.
    let packed: [UInt8]

    init(_ bytes: [UInt8]) throws {
        guard bytes.starts(with: [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]) else {
            throw CheckFailure("\(bytes.count) bytes are no PNG file")
        }
        var chunks: [(type: String, contents: [UInt8])] = []
        var rest = bytes.dropFirst(8)
        while rest.count >= 12 {
            let length = Self.number(rest)
            guard rest.count >= 12 + length else { throw CheckFailure("a chunk runs out of the PNG file") }
            let type = String(decoding: rest.dropFirst(4).prefix(4), as: UTF8.self)
            chunks.append((type, Array(rest.dropFirst(8).prefix(length))))
            rest = rest.dropFirst(12 + length)
        }
        guard let header = chunks.first, header.type == "IHDR", chunks.last?.type == "IEND", rest.isEmpty
        else {
            throw CheckFailure("a PNG file of the chunks \(chunks.map(\.type))")
        }
        width = Self.number(header.contents[...])
        height = Self.number(header.contents[4...])
        packed = chunks.filter { $0.type == "IDAT" }.flatMap(\.contents)
        var text: [String: String] = [:]
        for chunk in chunks where chunk.type == "iTXt" || chunk.type == "tEXt" {
            let parts = chunk.contents.split(separator: 0, maxSplits: 1, omittingEmptySubsequences: false)
            // iTXt: two bytes on compression and two empty texts of their own come before the text.
            let value = chunk.type == "tEXt" ? parts[1] : parts[1].dropFirst(4)
            text[String(decoding: parts[0], as: UTF8.self)] = String(decoding: value, as: UTF8.self)
        }
        self.text = text
    }

    private static func number(_ bytes: ArraySlice<UInt8>) -> Int {
        bytes.prefix(4).reduce(0) { $0 << 8 | Int($1) }
    }
}

/// The values of the tensor `latents` of a safetensors file.
func latents(_ file: [UInt8]) throws -> [Float] {
    let bytes = try WeightFile(Data(file)).bytes(of: "latents")
    return stride(from: 0, to: bytes.count, by: 4).map { start in
        Float(bitPattern: bytes[start..<start + 4].reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
    }
}
