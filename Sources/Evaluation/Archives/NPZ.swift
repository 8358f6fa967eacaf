import ImageOutput

/// The most bytes of elements that an archive of one array holds, headers left out.
public let largestArchive = Int(UInt32.max) - 1024

/// Writes NumPy's `.npz` file of some arrays, front to back: a zip file of stored, not compressed, `.npy` entries.
///
/// Each array is read twice, as its check stands before its elements.
/// Formats: NumPy enhancement proposal 1 (version 1.0) and PKWARE's APPNOTE.TXT 4.3.
/// - Parameters:
///   - arrays: of different names.
///   - append: takes the next bytes of the file.
/// - Throws: `ImageError` beyond 4 GB or 65,535 arrays, where the plain zip format ends, or for parts that change
///   between two readings; what `append` and making a part throw.
public func writeNPZ(_ arrays: [ArchivedArray], to append: ([UInt8]) throws -> Void) throws {
    precondition(Set(arrays.map(\.name)).count == arrays.count, "npz: names \(arrays.map(\.name))")
    let total = arrays.reduce(0) { $0 + $1.byteCount + 512 + 2 * $1.name.utf8.count }
    guard total < Int(UInt32.max), arrays.count < Int(UInt16.max) else {
        throw ImageError(
            "npz: \(total) bytes in \(arrays.count) arrays, where a zip file holds at most 4 GB; write fewer images"
        )
    }
    var directory: [UInt8] = []
    var start: UInt32 = 0
    for array in arrays {
        let (name, header, checksum) = (Array((array.name + ".npy").utf8), array.header, try array.checksum())
        let size = UInt32(header.count + array.byteCount)
        // Version 2.0, no flags, stored, midnight of 1 January 1980.
        var entry = littleEndian(UInt16(20), 0, 0, 0, 0x21) + littleEndian(checksum, size, size)
        entry += littleEndian(UInt16(name.count), 0)
        let local = littleEndian(UInt32(0x0403_4B50)) + entry + name
        try append(local + header)
        var check = CyclicRedundancyCheck()
        check.add(header)
        for index in 0..<array.partCount {
            let bytes = try array.part(index)
            check.add(bytes)
            try append(bytes)
        }
        guard check.value == checksum else {
            throw ImageError("npz: \(array.name) has changed while it was written; try again")
        }
        // Made by version 2.0, then the same, no comment, first disk, no attributes.
        directory += littleEndian(UInt32(0x0201_4B50)) + littleEndian(UInt16(20)) + entry
        directory += littleEndian(UInt16(0), 0, 0) + littleEndian(UInt32(0), start) + name
        start += UInt32(local.count) + size
    }
    let count = UInt16(arrays.count)
    let end = littleEndian(UInt32(0x0605_4B50)) + littleEndian(UInt16(0), 0, count, count)
    let place = littleEndian(UInt32(directory.count), start) + littleEndian(UInt16(0))
    try append(directory + end + place)
}
