import Testing

@testable import RunTrace

@Suite(.serialized) struct PeakResidentMemoryTests {
    @Test func theProcessHoldsSomeMemory() {
        #expect(peakResidentBytes() > 1 << 20)
    }

    @Test func thePeakGrowsWithWhatIsTouched() {
        let before = peakResidentBytes()
        let block = [UInt8](repeating: 1, count: before + 64 << 20)
        #expect(peakResidentBytes() > before)
        #expect(block.last == 1)
    }

    @Test(arguments: [
        ("Name:\tx\nVmPeak:\t 900 kB\nVmHWM:\t     123 kB\nVmRSS:\t 99 kB\n", 123 * 1024),
        ("", 0), ("VmHWM:", 0), ("VmHWM:\tmuch kB", 0),
    ])
    func theKernelsLineIsRead(status: String, expected: Int) {
        #expect(peakResidentBytes(status: status) == expected)
    }
}
