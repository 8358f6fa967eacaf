public import ImageOutput

/// The most bytes of elements that an archive of one array holds, headers left out.
public let largestArchive = Int(UInt32.max) - 1024

/// NumPy's `.npz` file of some arrays: a zip file of stored, not compressed, `.npy` entries.
///
/// Formats: NumPy enhancement proposal 1 (version 1.0) and PKWARE's APPNOTE.TXT 4.3.
/// - Parameter arrays: ASCII names, all different; extents, outermost first; elements, row-major.
/// - Throws: `ImageError` beyond 4 GB or 65,535 arrays, where the plain zip format ends.
/// - Precondition: Each array has as many bytes as its shape says.
public func npz(
    arrays: [(name: String, shape: [Int], bytes: [UInt8])]
) throws(ImageError) -> [UInt8] {
    precondition(Set(arrays.map(\.name)).count == arrays.count, "npz: names \(arrays.map(\.name))")
    let total = arrays.reduce(0) { $0 + $1.bytes.count + 512 + 2 * $1.name.utf8.count }
    guard total < Int(UInt32.max), arrays.count < Int(UInt16.max) else {
        throw ImageError(
            "npz: \(total) bytes in \(arrays.count) arrays, where a zip file holds at most 4 GB; write fewer images"
        )
    }
    var (file, directory): ([UInt8], [UInt8]) = ([], [])
    file.reserveCapacity(total)
    for array in arrays {
        let (name, content) = (Array((array.name + ".npy").utf8), npy(shape: array.shape, array.bytes))
        let start = UInt32(file.count)
        // Version 2.0, no flags, stored, midnight of 1 January 1980.
        var entry = littleEndian(UInt16(20), 0, 0, 0, 0x21)
        entry += littleEndian(cyclicRedundancyCheck(content), UInt32(content.count), UInt32(content.count))
        entry += littleEndian(UInt16(name.count), 0)
        file += littleEndian(UInt32(0x0403_4B50)) + entry + name + content
        // Made by version 2.0, then the same, no comment, first disk, no attributes.
        directory += littleEndian(UInt32(0x0201_4B50)) + littleEndian(UInt16(20)) + entry
        directory += littleEndian(UInt16(0), 0, 0) + littleEndian(UInt32(0), start) + name
    }
    let count = UInt16(arrays.count)
    let end = littleEndian(UInt32(0x0605_4B50)) + littleEndian(UInt16(0), 0, count, count)
    let place = littleEndian(UInt32(directory.count), UInt32(file.count)) + littleEndian(UInt16(0))
    return file + directory + end + place
}

/// Pictures as FID, LPIPS and the ADM evaluator read them: `arr_0` of shape [count, H, W, 3] in a `.npz` file.
///
/// - Throws: `ImageError` beyond 4 GB.
/// - Precondition: There is a picture, and all are of one size.
public func npz(pictures: [RGBImage]) throws(ImageError) -> [UInt8] {
    guard let first = pictures.first,
        pictures.allSatisfy({ $0.width == first.width && $0.height == first.height })
    else { preconditionFailure("npz: \(pictures.count) pictures, not of one size") }
    let shape = [pictures.count, first.height, first.width, 3]
    return try npz(arrays: [("arr_0", shape, pictures.flatMap(\.pixels))])
}

/// An array as a `.npy` file, with NumPy's own spaces for a growing first axis.
private func npy(shape: [Int], _ bytes: [UInt8]) -> [UInt8] {
    precondition(
        bytes.count == shape.reduce(1, *), "npz: \(bytes.count) bytes for an array of shape \(shape)")
    let extents = shape.map(String.init).joined(separator: ", ") + (shape.count == 1 ? "," : "")
    var header = "{'descr': '|u1', 'fortran_order': False, 'shape': (\(extents)), }"
    if let first = shape.first { header += String(repeating: " ", count: 21 - "\(first)".count) }
    let before = 10
    header += String(repeating: " ", count: 63 - (before + header.utf8.count) % 64) + "\n"
    return [0x93] + Array("NUMPY".utf8) + [1, 0] + littleEndian(UInt16(header.utf8.count))
        + Array(header.utf8) + bytes
}

private func littleEndian<T: FixedWidthInteger>(_ values: T...) -> [UInt8] {
    values.flatMap { value in
        (0..<T.bitWidth / 8).map { UInt8(truncatingIfNeeded: value >> T(8 * $0)) }
    }
}
