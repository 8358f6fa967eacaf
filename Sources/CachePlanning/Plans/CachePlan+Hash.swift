extension CachePlan {
    /// A number that tells this plan from others, the same in every process: ranks compare it in each message.
    ///
    /// FNV-1a (64 bits) over all content. It protects against mistakes, not against an attacker.
    public var contentHash: UInt64 {
        var hash = FNVHash()
        hash.add(UInt64(Self.formatVersion))
        hash.add(policy.rawValue)
        hash.add(UInt64(steps))
        hash.add(subject.scheduler)
        hash.add(subject.guidance.bitPattern)
        hash.add(subject.modelHash)
        hash.add(reuseOf.rawValue)
        for computed in mask.computed { hash.add(computed ? 1 : 0) }
        for numbers in [
            scores, correction.gamma, expectedError, [predictedError, predictedSpread, outputScale],
        ] {
            for number in numbers { hash.add(number.bitPattern) }
        }
        hash.add(correction.source.rawValue)
        hash.add(UInt64(correction.forecastOrder))
        hash.add(correction.filter.kind.rawValue)
        hash.add(correction.filter.cutoff.bitPattern)
        hash.add(correction.filter.rollOff.bitPattern)
        hash.add(UInt64(correction.filter.switchStep))
        hash.add(UInt64(calibration.trajectories))
        hash.add(calibration.seed)
        modules?.forEachNumber { hash.add($0) }
        dynamic?.forEachNumber { hash.add($0) }
        return hash.value
    }

    /// ``contentHash`` as 16 hexadecimal digits, as the run report holds it.
    public var hash: String {
        let digits = String(contentHash, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }
}

/// FNV-1a of 64 bits (Fowler, Noll, Vo; RFC 9923).
private struct FNVHash {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01b3 }

    mutating func add(_ number: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) {
            add(byte: UInt8(truncatingIfNeeded: number >> shift))
        }
    }

    /// The length first, so that two texts cannot trade letters.
    mutating func add(_ text: String) {
        add(UInt64(text.utf8.count))
        for byte in text.utf8 { add(byte: byte) }
    }
}
