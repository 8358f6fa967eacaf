/// CRC-32 as zip files have it (ISO 3309, polynomial 0xEDB88320 reflected), of bytes that come in parts.
struct CyclicRedundancyCheck {
    private var state = UInt32.max

    /// The check of all bytes so far.
    var value: UInt32 { ~state }

    mutating func add(_ bytes: [UInt8]) {
        for byte in bytes { state = table[Int(UInt8(truncatingIfNeeded: state) ^ byte)] ^ state >> 8 }
    }
}

private let table: [UInt32] = (0..<256).map { index in
    (0..<8).reduce(UInt32(index)) { value, _ in value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
}
