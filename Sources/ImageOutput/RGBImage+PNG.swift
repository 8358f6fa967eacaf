import CPNG

extension RGBImage {
    /// The picture as a PNG file with text chunks: tEXt where Latin-1 holds the value, else iTXt in UTF-8.
    ///
    /// - Parameter text: Keyword and value of each chunk, in the file's order.
    /// - Throws: `ImageError` for a keyword that PNG does not allow, a value with a zero character, or what
    ///   libpng refuses (more than a million pixels in a row or column).
    public func pngBytes(text: [(key: String, value: String)]) throws(ImageError) -> [UInt8] {
        guard let width = UInt32(exactly: width), let height = UInt32(exactly: height) else {
            throw ImageError("PNG: expected at most 1000000 × 1000000 pixels, found \(width) × \(height)")
        }
        var texts: [CChar] = []
        var isUTF8: [UInt8] = []
        for (key, value) in text {
            let latin = Self.latin1(value)
            guard !value.unicodeScalars.contains("\0") else {
                throw ImageError("PNG text \(key): expected no zero character in \(value.debugDescription)")
            }
            for byte in try Self.keyword(key) + [0] + (latin ?? Array(value.utf8)) + [0] {
                texts.append(CChar(bitPattern: byte))
            }
            isUTF8.append(latin == nil ? 1 : 0)
        }
        var file = omnicache_png_file()
        let succeeded = omnicache_png_encode(pixels, width, height, texts, isUTF8, isUTF8.count, &file)
        // Safe: malloc'd by the shim for `count` bytes, ours from here on, and copied before it is freed.
        defer { free(file.bytes) }
        guard succeeded == 1 else {
            let reason = withUnsafeBytes(of: file.error) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            throw ImageError("PNG of \(width) × \(height) pixels: libpng says: \(reason)")
        }
        return Array(UnsafeBufferPointer(start: file.bytes, count: file.count))
    }

    /// A keyword's bytes: 1 … 79 printable Latin-1 characters, spaces only between others and one at a time.
    private static func keyword(_ key: String) throws(ImageError) -> [UInt8] {
        let bytes = latin1(key) ?? []
        let isPrintable = bytes.allSatisfy { (32...126).contains($0) || $0 >= 161 }
        let isSpacedWell =
            bytes.first != 32 && bytes.last != 32
            && !zip(bytes, bytes.dropFirst()).contains { $0 == 32 && $1 == 32 }
        guard (1...79).contains(bytes.count), isPrintable, isSpacedWell else {
            throw ImageError(
                "PNG text keyword: expected 1 … 79 printable Latin-1 characters with single spaces between, "
                    + "found \(key.debugDescription)")
        }
        return bytes
    }

    /// The Latin-1 bytes, or nil if a character has none.
    private static func latin1(_ text: String) -> [UInt8]? {
        var bytes: [UInt8] = []
        for scalar in text.unicodeScalars {
            guard let byte = UInt8(exactly: scalar.value) else { return nil }
            bytes.append(byte)
        }
        return bytes
    }
}
