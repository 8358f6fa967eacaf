/// MT19937 (Matsumoto and Nishimura, ACM TOMACS 8, 1998), the integers behind PyTorch's CPU generator.
struct MersenneTwister: Sendable, Equatable, Codable {
    private static let count = 624
    private static let shift = 397

    private var words: [UInt32]
    private var position: Int

    /// The seed's low 32 bits decide; PyTorch takes any 64-bit seed and drops the rest.
    init(seed: UInt64) {
        words = [UInt32(truncatingIfNeeded: seed)]
        for index in 1..<Self.count {
            let last = words[index - 1]
            words.append(1_812_433_253 &* (last ^ (last >> 30)) &+ UInt32(index))
        }
        position = Self.count
    }

    /// The next 32 bits.
    mutating func next() -> UInt32 {
        if position == Self.count {
            renew()
            position = 0
        }
        var word = words[position]
        position += 1
        word ^= word >> 11
        word ^= (word << 7) & 0x9d2c_5680
        word ^= (word << 15) & 0xefc6_0000
        return word ^ (word >> 18)
    }

    private mutating func renew() {
        for index in 0..<Self.count {
            let joined =
                (words[index] & 0x8000_0000) | (words[(index + 1) % Self.count] & 0x7fff_ffff)
            words[index] =
                words[(index + Self.shift) % Self.count] ^ (joined >> 1)
                ^ (joined & 1 == 0 ? 0 : 0x9908_b0df)
        }
    }
}
