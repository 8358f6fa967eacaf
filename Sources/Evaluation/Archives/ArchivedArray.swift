public import ImageOutput

/// An array of bytes whose elements come in parts, so that none but the one being written is in memory.
public struct ArchivedArray {
    /// Its name, ASCII.
    public let name: String
    /// Extents, outermost first.
    public let shape: [Int]
    let partCount: Int
    let part: (Int) throws -> [UInt8]

    /// An array of the given parts, row-major one after another.
    /// - Parameter part: called twice for each of 0 ..< `partCount`, ascending.
    public init(name: String, shape: [Int], partCount: Int, part: @escaping (Int) throws -> [UInt8]) {
        self.name = name
        self.shape = shape
        self.partCount = partCount
        self.part = part
    }

    /// Pictures as FID, LPIPS and the ADM evaluator read them: `arr_0` of shape [count, height, width, 3].
    /// - Parameter picture: called twice for each of 0 ..< `count`, ascending.
    public init(
        pictures count: Int, width: Int, height: Int, picture: @escaping (Int) throws -> RGBImage
    ) {
        self.init(name: "arr_0", shape: [count, height, width, 3], partCount: count) { index in
            let picture = try picture(index)
            precondition(
                picture.width == width && picture.height == height,
                "picture \(index): \(picture.width) × \(picture.height), expected \(width) × \(height)")
            return picture.pixels
        }
    }

    var byteCount: Int { shape.reduce(1, *) }

    /// What stands before the elements in a `.npy` file, with NumPy's own spaces for a growing first axis.
    var header: [UInt8] {
        let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
        var header = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(extents)), }"
        if let first = shape.first { header += String(repeating: " ", count: 21 - "\(first)".count) }
        let before = 10
        header += String(repeating: " ", count: 63 - (before + header.utf8.count) % 64) + "\n"
        return [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian(UInt16(header.utf8.count))
            + Array(header.utf8)
    }

    /// The check of header and elements.
    /// - Throws: what making a part throws.
    /// - Precondition: The parts have as many bytes as the shape says.
    func checksum() throws -> UInt32 {
        var check = CyclicRedundancyCheck()
        check.add(header)
        var count = 0
        for index in 0..<partCount {
            let bytes = try part(index)
            count += bytes.count
            check.add(bytes)
        }
        precondition(count == byteCount, "\(name): \(count) bytes for an array of shape \(shape)")
        return check.value
    }
}

func littleEndian<T: FixedWidthInteger>(_ values: T...) -> [UInt8] {
    values.flatMap { value in
        (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
    }
}
