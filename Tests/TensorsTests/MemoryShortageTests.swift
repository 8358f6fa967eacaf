import Platform
import Tensors
import Testing

@Suite struct MemoryShortageTests {
    /// What no system has.
    @Test func endsTheProcessAsItWasTold() async {
        await #expect(processExitsWith: .exitCode(7)) {
            MemoryShortage.end { what in exit(what.contains("\(1 << 60) bytes") ? 7 : 8) }
            _ = AlignedBytes(byteCount: 1 << 60)
        }
    }
}
