import ImageOutput
import Testing

/// Floats to pixels, and pictures to a grid.
@Suite(.serialized) struct RGBImageTests {
    @Test("−1 … 1 becomes 0 … 255, and no further")
    func range() {
        let image = RGBImage(planes: [-1, 0.2, 1, -3, 0, 7], width: 2, height: 1)
        #expect(image.pixels == [0, 255, 128, 153, 0, 255])
    }

    @Test("halves are rounded to even")
    func halves() {
        var halves = 0
        for k in 0..<255 {
            let value = (Float(k) + 0.5) / 255 * 2 - 1
            guard (value / 2 + 0.5) * 255 == Float(k) + 0.5 else { continue }
            halves += 1
            let image = RGBImage(planes: [value, value, value], width: 1, height: 1)
            #expect(Int(image.pixels[0]) == (k % 2 == 0 ? k : k + 1))
        }
        #expect(halves > 50)
    }

    @Test("k of 255 comes back as k")
    func roundTrip() {
        for k in 0...255 {
            let value = Float(k) / 255 * 2 - 1
            #expect(RGBImage(planes: [value, value, value], width: 1, height: 1).pixels[0] == UInt8(k))
        }
    }

    @Test("what is not a finite number is 0 or the nearest bound")
    func notANumber() {
        let image = RGBImage(planes: [.nan, .infinity, -.infinity], width: 1, height: 1)
        #expect(image.pixels == [0, 255, 0])
    }

    @Test("planes become pixels row by row")
    func layout() {
        let values = (0..<18).map { Float($0) / 255 * 2 - 1 }
        let image = RGBImage(planes: values, width: 3, height: 2)
        #expect(image.pixels == [0, 6, 12, 1, 7, 13, 2, 8, 14, 3, 9, 15, 4, 10, 16, 5, 11, 17])
    }

    /// A picture of one value.
    func tile(_ value: UInt8, width: Int = 2, height: Int = 1) -> RGBImage {
        RGBImage(width: width, height: height, pixels: [UInt8](repeating: value, count: 3 * width * height))
    }

    /// The red channel, row by row.
    func red(_ image: RGBImage) -> [[UInt8]] {
        (0..<image.height).map { y in (0..<image.width).map { x in image.pixels[3 * (y * image.width + x)] } }
    }

    @Test("a grid is filled row by row and ends in black")
    func grid() {
        let image = RGBImage.grid([tile(1), tile(2), tile(3)], columns: 2)
        #expect(red(image) == [[1, 1, 2, 2], [3, 3, 0, 0]])
    }

    @Test("tiles keep their rows")
    func gridRows() {
        let tiles = (0..<2).map { k in
            RGBImage(width: 1, height: 2, pixels: [UInt8(10 * k), 0, 0, UInt8(10 * k + 1), 0, 0])
        }
        #expect(red(RGBImage.grid(tiles, columns: 2)) == [[0, 10], [1, 11]])
        #expect(red(RGBImage.grid(tiles, columns: 1)) == [[0], [1], [10], [11]])
    }

    @Test("no column stays empty")
    func gridOfFewer() {
        #expect(red(RGBImage.grid([tile(4), tile(5)], columns: 9)) == [[4, 4, 5, 5]])
        #expect(RGBImage.grid([tile(4)], columns: 3) == tile(4))
    }
}
