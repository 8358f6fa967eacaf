import Files
import Testing

@Suite(.serialized) struct ContentHashTests {
    private func hash(_ text: String) -> UInt64 {
        var hash = ContentHash()
        hash.add(text)
        return hash.value
    }

    @Test(
        "Hashes are those of the XXH64 specification",
        arguments: [
            ("", 0xEF46_DB37_51D8_E999), ("a", 0xD24E_C4F1_A98C_6E5B), ("abc", 0x44BC_2CF5_AD77_0999),
        ] as [(String, UInt64)])
    func vectors(_ text: String, _ expected: UInt64) {
        #expect(hash(text) == expected)
    }

    @Test("How a stream is cut does not change its hash", arguments: [1, 3, 31, 32, 33, 64, 100])
    func pieces(_ size: Int) {
        let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 * 7) }
        var whole = ContentHash()
        whole.add(bytes)
        var cut = ContentHash()
        for start in stride(from: 0, to: bytes.count, by: size) {
            cut.add(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(cut.value == whole.value)
    }

    @Test("One bit changes the hash", arguments: [1, 4, 8, 31, 32, 33, 100])
    func sensitivity(_ count: Int) {
        var hashes: Set<UInt64> = []
        for index in 0..<count {
            var bytes = [UInt8](repeating: 0, count: count)
            bytes[index] = 1
            var hash = ContentHash()
            hash.add(bytes)
            hashes.insert(hash.value)
        }
        #expect(hashes.count == count)
    }
}
