import CKernels

/// The XXH64 hash of bytes that arrive in pieces: fast, not cryptographic.
///
/// It tells one set of weights, or one run description, from another; it protects against nobody.
public struct ContentHash: Sendable {
    private var state = contentHashBegin()

    /// The hash of nothing yet.
    public init() {}

    /// The hash of all bytes so far; how they were cut into pieces does not matter.
    public var value: UInt64 {
        withUnsafePointer(to: state) { contentHashFinish($0) }
    }

    /// ``value`` as 16 hexadecimal digits.
    public var hexadecimal: String {
        let digits = String(value, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    /// Takes in more bytes.
    public mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

    /// Takes in a text's UTF-8 bytes.
    public mutating func add(_ text: String) { add(Array(text.utf8)) }

    /// Takes in a number's eight bytes, lowest first.
    public mutating func add(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { add($0) }
    }

    /// Takes in more bytes.
    public mutating func add(_ bytes: UnsafeRawBufferPointer) {
        contentHashAdd(&state, bytes.baseAddress, bytes.count)
    }
}
