/// A safetensors file whose numbers are made as they are read: a network to measure with, stored nowhere.
///
/// Numbers are uniform in ±0.035, which is of standard deviation 0.02, as transformers are initialised. Each follows
/// from the seed and its place alone, so that all ranks read the same ones, in pieces of any size.
public struct RandomTensors: ByteSource {
    /// What messages call it.
    public let name: String
    private let header: [UInt8]
    private let numberCount: Int
    private let seed: UInt64

    /// Its size.
    public var byteCount: Int { header.count + 4 * numberCount }

    /// A file of f32 tensors.
    /// - Parameter tensors: their names and shapes.
    public init(name: String, _ tensors: [String: [Int]], seed: UInt64) {
        self.name = name
        self.seed = seed
        var offset = 0
        let fields = tensors.sorted { $0.key < $1.key }.map { name, shape in
            let start = offset
            offset += 4 * shape.reduce(1, *)
            let extents = shape.map(String.init).joined(separator: ",")
            return quotedJSON(name)
                + ":{\"dtype\":\"F32\",\"shape\":[\(extents)],\"data_offsets\":[\(start),\(offset)]}"
        }
        numberCount = offset / 4
        var text = Array(("{" + fields.joined(separator: ",") + "}").utf8)
        text += Array(repeating: UInt8(ascii: " "), count: (8 - text.count % 8) % 8)
        header = (0..<8).map { UInt8(truncatingIfNeeded: text.count >> (8 * $0)) } + text
    }

    // Safe: the range was checked against the target's count.
    /// Copies the bytes of `range` to `target`.
    public func read(_ range: Range<Int>, into target: UnsafeMutableRawBufferPointer) throws(CheckpointError)
    {
        try checkRange(range, target)
        let text = range.clamped(to: 0..<header.count)
        for place in text { target[place - range.lowerBound] = header[place] }
        let numbers = range.clamped(to: header.count..<max(header.count, byteCount))
        var place = numbers.lowerBound
        while place < numbers.upperBound {
            let (index, byte) = (place - header.count).quotientAndRemainder(dividingBy: 4)
            let bits = number(index).bitPattern.littleEndian
            if byte == 0, numbers.upperBound - place >= 4 {
                target.storeBytes(of: bits, toByteOffset: place - range.lowerBound, as: UInt32.self)
                place += 4
            } else {
                target[place - range.lowerBound] = UInt8(truncatingIfNeeded: bits >> (8 * byte))
                place += 1
            }
        }
    }

    /// SplitMix64's output function, of the seed and the number's place.
    private func number(_ index: Int) -> Float {
        var z = seed &+ UInt64(index &+ 1) &* 0x9e37_79b9_7f4a_7c15
        z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
        return Float(Int32(truncatingIfNeeded: (z ^ z >> 31) >> 32)) * (0.035 / 2_147_483_648)
    }
}
