import ImageOutput
import Testing

/// PNG files.
@Suite(.serialized) struct PNGTests {
    /// Noise, so that no row is like another.
    func noise(width: Int, height: Int) -> RGBImage {
        var state: UInt32 = 1
        let pixels = (0..<3 * width * height).map { _ -> UInt8 in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(state >> 24)
        }
        return RGBImage(width: width, height: height, pixels: pixels)
    }

    @Test("pixels come back", arguments: [(1, 1), (1, 7), (5, 1), (13, 11), (64, 64), (576, 67)])
    func pixels(width: Int, height: Int) throws {
        let image = noise(width: width, height: height)
        let file = try PNGFile(image.pngBytes(text: []))
        #expect(file.image == image)
        #expect(file.chunks.map(\.type).filter { $0 != "IDAT" } == ["IHDR", "IEND"])
    }

    @Test("Latin-1 is written as tEXt, the rest as iTXt, before the pixels and in order")
    func text() throws {
        let file = try PNGFile(
            noise(width: 3, height: 3).pngBytes(text: [
                ("model", "glyphs"), ("label", "café"), ("Title", "漢字 ᾱ"), ("note", ""), ("lines", "a\nb"),
            ]))
        #expect(file.chunks.map(\.type) == ["IHDR", "tEXt", "tEXt", "iTXt", "tEXt", "tEXt", "IDAT", "IEND"])
        let contents = file.chunks.map(\.contents)
        #expect(contents[1] == Array("model\0glyphs".utf8))
        #expect(contents[2] == Array("label\0caf".utf8) + [0xe9])
        // Keyword, not compressed, no method, no language, no translated keyword.
        #expect(contents[3] == Array("Title\0\0\0\0\0漢字 ᾱ".utf8))
        #expect(contents[4] == Array("note\0".utf8))
        #expect(contents[5] == Array("lines\0a\nb".utf8))
    }

    @Test("a long value is written whole")
    func longText() throws {
        let value = String(repeating: "omnicache ", count: 2000)
        let file = try PNGFile(noise(width: 1, height: 1).pngBytes(text: [("log", value)]))
        #expect(file.chunks[1].contents == Array("log\0\(value)".utf8))
    }

    static let keywords = [
        "", " a", "a ", "a  b", "a\nb", "a\0b", "漢", "a\u{a0}b", String(repeating: "k", count: 80),
    ]

    @Test("a keyword that PNG does not allow is refused by name", arguments: keywords)
    func keyword(_ key: String) {
        let error = #expect(throws: ImageError.self) {
            try noise(width: 1, height: 1).pngBytes(text: [(key, "value")])
        }
        #expect(error?.description.contains(key.debugDescription) == true)
    }

    @Test("a keyword of 79 characters with single spaces is allowed")
    func longestKeyword() throws {
        let key = String(repeating: "k", count: 77) + " k"
        let file = try PNGFile(noise(width: 1, height: 1).pngBytes(text: [(key, "v")]))
        #expect(file.chunks[1].contents == Array("\(key)\0v".utf8))
    }

    @Test("a zero character in a value is refused")
    func zeroCharacter() {
        let error = #expect(throws: ImageError.self) {
            try noise(width: 1, height: 1).pngBytes(text: [("note", "a\0b")])
        }
        #expect(error?.description.contains("PNG text note") == true)
    }

    @Test("libpng's own refusal comes back as an error, again and again")
    func refusal() {
        let wide = RGBImage(
            width: 1_000_001, height: 1, pixels: [UInt8](repeating: 0, count: 3_000_003))
        for _ in 0..<3 {
            let error = #expect(throws: ImageError.self) { try wide.pngBytes(text: [("a", "b")]) }
            #expect(error?.description.contains("libpng says") == true, "\(String(describing: error))")
        }
    }
}
