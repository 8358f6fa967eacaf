import Evaluation
import Foundation
import ImageOutput
import Testing

@Suite(.serialized) struct PictureFileTests {
    private func isInk(_ image: RGBImage, _ columns: Range<Int>, _ rows: Range<Int>) -> Bool {
        rows.contains { row in columns.contains { image.pixels[3 * (row * image.width + $0)] < 128 } }
    }

    private let grey = RGBImage(width: 16, height: 12, pixels: Array(repeating: 200, count: 3 * 16 * 12))

    @Test func picturesStandInRowsAndColumns() {
        let rows = [("omnicache", [grey, grey]), ("none", [grey])]
        let sheet = sheet(rows: rows, captions: ["1", "2"])
        let (left, top) = (9 * 6 + 8, 9 + 8)
        #expect(sheet.width == left + 2 * 20 && sheet.height == top + 2 * 16)
        func pixel(_ x: Int, _ y: Int) -> UInt8 { sheet.pixels[3 * (y * sheet.width + x)] }
        for (x, y, value) in [(0, 0, 200), (1, 0, 200), (0, 1, 200), (1, 1, 255)] {
            #expect(Int(pixel(left + 20 * x, top + 16 * y)) == value)
            #expect(Int(pixel(left + 20 * x + 15, top + 16 * y + 11)) == value)
        }
        #expect(isInk(sheet, 4..<left - 4, top..<top + 12))
        #expect(isInk(sheet, 4..<left - 4, top + 16..<top + 28))
        #expect(isInk(sheet, left..<left + 16, 0..<top))
    }

    /// A seed of 20 digits is shown whole, and so is the one beside it.
    @Test(arguments: ["1", "seed 1234567", "seed 18446744073709551615"])
    func captionsAreWhole(_ caption: String) {
        let (left, width) = (4, max(16, 6 * caption.count))
        let two = sheet(rows: [("", [grey, grey])], captions: [caption, caption])
        #expect(two.width == left + 2 * (width + 4))
        for column in 0..<2 {
            let start = left + column * (width + 4)
            let last = start + 6 * (caption.count - 1)
            #expect(isInk(two, last..<last + 6, 0..<17))
            #expect(!isInk(two, start + 6 * caption.count..<start + width + 4, 0..<17))
            #expect(two.pixels[3 * (17 * two.width + start)] == 200)
        }
    }

    @Test func differentLettersLookDifferent() {
        let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.,:%+-×/()=#_Δ±? "
        let drawn = letters.map { sheet(rows: [(String($0), [grey])], captions: []).pixels }
        #expect(Set(drawn).count == letters.count)
        #expect(sheet(rows: [("ж", [grey])], captions: []) == sheet(rows: [("?", [grey])], captions: []))
    }

    @Test func archiveIsWhatNumPyAndZipfileWrite() throws {
        let golden = [UInt8](try Data(contentsOf: evaluationGolden("arrays.npz")))
        // The elements follow the first entry's 39 bytes of zip header and 128 of npy header.
        let elements = Array(golden[39 + 128..<39 + 128 + 90])
        let labels: [UInt8] = [0, 1, 2, 3, 4, 5, 6]
        // However an array is cut into parts.
        for size in [1, 7, 90] {
            func parts(_ bytes: [UInt8], _ name: String, _ shape: [Int]) -> ArchivedArray {
                let starts = Array(stride(from: 0, to: bytes.count, by: size))
                return ArchivedArray(name: name, shape: shape, partCount: starts.count) {
                    Array(bytes[starts[$0]..<min(starts[$0] + size, bytes.count)])
                }
            }
            let arrays = [parts(elements, "arr_0", [2, 3, 5, 3]), parts(labels, "labels", [7])]
            #expect(try written(arrays) == golden)
        }
    }

    private func written(_ arrays: [ArchivedArray]) throws -> [UInt8] {
        var file: [UInt8] = []
        try writeNPZ(arrays) { file += $0 }
        return file
    }

    @Test func picturesAreOneArrayOfBytes() throws {
        let pictures = [picture(5, 3, seed: 1), picture(5, 3, seed: 2)]
        let bytes = pictures[0].pixels + pictures[1].pixels
        let array = ArchivedArray(name: "arr_0", shape: [2, 3, 5, 3], partCount: 1) { _ in bytes }
        let one = ArchivedArray(pictures: 2, width: 5, height: 3) { pictures[$0] }
        #expect(try written([one]) == written([array]))
    }

    /// One picture after another is asked for, and what was asked for is written before the next.
    @Test func archiveHoldsOnePictureAtATime() throws {
        var (asked, sizes): ([Int], [Int]) = ([], [])
        let array = ArchivedArray(pictures: 40, width: 5, height: 3) { index in
            asked.append(index)
            return picture(5, 3, seed: index)
        }
        try writeNPZ([array]) { sizes.append($0.count) }
        #expect(asked == Array(0..<40) + Array(0..<40))
        #expect(sizes.count == 42 && sizes.dropFirst().dropLast().allSatisfy { $0 == 45 })
    }

    @Test func arrayThatChangesMeanwhileIsRefused() {
        var count: UInt8 = 0
        let array = ArchivedArray(name: "arr_0", shape: [1], partCount: 1) { _ in
            count += 1
            return [count]
        }
        #expect(throws: ImageError.self) { try written([array]) }
    }
}
