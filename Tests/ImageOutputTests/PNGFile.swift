import CPNG
import ImageOutput

/// A PNG file taken apart: its pixels by libpng, its chunks by hand.
struct PNGFile {
    struct Chunk {
        var type: String
        var contents: [UInt8]
    }

    struct Unreadable: Error {
        var reason: String
    }

    var image: RGBImage
    var chunks: [Chunk] = []

    init(_ bytes: [UInt8]) throws {
        var decoder = png_image()
        decoder.version = UInt32(PNG_IMAGE_VERSION)
        defer { png_image_free(&decoder) }
        guard png_image_begin_read_from_memory(&decoder, bytes, bytes.count) != 0 else {
            throw Unreadable(reason: "no PNG header")
        }
        guard decoder.format == PNG_FORMAT_FLAG_COLOR else { throw Unreadable(reason: "not 8-bit RGB") }
        let (width, height) = (Int(decoder.width), Int(decoder.height))
        var pixels = [UInt8](repeating: 0, count: 3 * width * height)
        guard png_image_finish_read(&decoder, nil, &pixels, 0, nil) != 0, decoder.warning_or_error == 0 else {
            throw Unreadable(reason: "damaged")
        }
        image = RGBImage(width: width, height: height, pixels: pixels)

        var rest = bytes.dropFirst(8)
        while rest.count >= 12 {
            let length = rest.prefix(4).reduce(0) { $0 << 8 | Int($1) }
            guard rest.count >= 12 + length else { throw Unreadable(reason: "a chunk runs out of the file") }
            rest = rest.dropFirst(4)
            let type = String(decoding: rest.prefix(4), as: UTF8.self)
            chunks.append(Chunk(type: type, contents: Array(rest.dropFirst(4).prefix(length))))
            rest = rest.dropFirst(8 + length)
        }
        guard rest.isEmpty else { throw Unreadable(reason: "\(rest.count) bytes behind the last chunk") }
    }
}
