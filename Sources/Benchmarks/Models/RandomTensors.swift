import Checkpoints
import Files

/// A safetensors file whose numbers are made as they are read: a network to measure with, stored nowhere.
///
/// Numbers are uniform in ±0.035, which is of standard deviation 0.02, as transformers are initialised. Each follows
/// from the seed and its place alone, so that all ranks read the same ones, in pieces of any size.
/// - Parameters:
///   - name: what messages call it.
///   - tensors: names and shapes of its f32 tensors.
///   - seed: of the numbers.
package func randomTensors(name: String, _ tensors: [String: [Int]], seed: UInt64) -> MemorySource {
    let entries = tensors.sorted { $0.key < $1.key }.map { name, shape in
        (name: name, type: StorageType.f32, shape: shape, byteCount: 4 * shape.reduce(1, *))
    }
    let header = safetensorsHeader(entries, metadata: [:])
    let byteCount = entries.reduce(header.count) { $0 + $1.byteCount }
    return MemorySource(name: name, byteCount: byteCount) { range in
        let text = header[range.clamped(to: 0..<header.count)]
        let bytes = max(0, range.lowerBound - header.count)..<max(0, range.upperBound - header.count)
        let numbers = bytes.lowerBound / 4..<(bytes.upperBound + 3) / 4
        var made: [UInt8] = []
        made.reserveCapacity(4 * numbers.count)
        for index in numbers {
            let bits = number(index, seed).bitPattern
            made.append(UInt8(truncatingIfNeeded: bits))
            made.append(UInt8(truncatingIfNeeded: bits >> 8))
            made.append(UInt8(truncatingIfNeeded: bits >> 16))
            made.append(UInt8(truncatingIfNeeded: bits >> 24))
        }
        let first = bytes.lowerBound - 4 * numbers.lowerBound
        return text + made[first..<first + bytes.count]
    }
}

/// SplitMix64's output function, of the seed and the number's place.
private func number(_ index: Int, _ seed: UInt64) -> Float {
    var z = seed &+ UInt64(index &+ 1) &* 0x9e37_79b9_7f4a_7c15
    z = (z ^ z >> 30) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ z >> 27) &* 0x94d0_49bb_1331_11eb
    return Float(Int32(truncatingIfNeeded: (z ^ z >> 31) >> 32)) * (0.035 / 2_147_483_648)
}
