/// A picture of 8 bits per channel.
public struct RGBImage: Sendable, Equatable {
    /// Pixels in a row.
    public let width: Int
    /// Rows.
    public let height: Int
    /// [height, width, 3]: rows from top to bottom, each pixel red, green, blue.
    public let pixels: [UInt8]

    /// A picture of the given pixels.
    ///
    /// - Parameter pixels: [height, width, 3].
    /// - Precondition: The sizes are positive and fit the number of pixels.
    public init(width: Int, height: Int, pixels: [UInt8]) {
        precondition(
            width > 0 && height > 0 && pixels.count == 3 * width * height,
            "\(pixels.count) bytes for an RGB image of \(width)×\(height)")
        self.width = width
        self.height = height
        self.pixels = pixels
    }

    /// What a decoder returned, as diffusers' `VaeImageProcessor` and `numpy_to_pil` turn it into a picture.
    ///
    /// x/2 + ½ is held within 0 … 1, times 255, halves rounded to even; what is not a number becomes 0.
    ///
    /// - Parameter planes: [3, height, width] in −1 … 1, row-major: red, green, blue.
    /// - Precondition: The sizes are positive and fit the number of values.
    public init(planes: [Float], width: Int, height: Int) {
        let count = width * height
        precondition(
            width > 0 && height > 0 && planes.count == 3 * count,
            "\(planes.count) values for an RGB image of \(width)×\(height)")
        var pixels = [UInt8](repeating: 0, count: 3 * count)
        for channel in 0..<3 {
            for position in 0..<count {
                let value = planes[channel * count + position] / 2 + 0.5
                // Both comparisons are false for NaN.
                if value >= 1 {
                    pixels[3 * position + channel] = 255
                } else if value > 0 {
                    pixels[3 * position + channel] = UInt8((value * 255).rounded(.toNearestOrEven))
                }
            }
        }
        self.init(width: width, height: height, pixels: pixels)
    }

    /// One picture of several, row by row from the top left; places that are left over are black.
    ///
    /// - Precondition: There is an image, all are of one size, and `columns` is positive.
    public static func grid(_ images: [RGBImage], columns: Int) -> RGBImage {
        guard let first = images.first, columns > 0 else {
            preconditionFailure("a grid of \(images.count) images in \(columns) columns")
        }
        let columns = min(columns, images.count)
        let rows = (images.count + columns - 1) / columns
        let (tileRow, gridRow) = (3 * first.width, 3 * first.width * columns)
        var pixels = [UInt8](repeating: 0, count: gridRow * first.height * rows)
        for (index, image) in images.enumerated() {
            precondition(
                image.width == first.width && image.height == first.height,
                "image \(index) of a grid is \(image.width)×\(image.height), "
                    + "the first \(first.width)×\(first.height)")
            let corner = index / columns * first.height * gridRow + index % columns * tileRow
            for row in 0..<first.height {
                let start = corner + row * gridRow
                pixels.replaceSubrange(
                    start..<start + tileRow, with: image.pixels[row * tileRow..<(row + 1) * tileRow])
            }
        }
        return RGBImage(width: first.width * columns, height: first.height * rows, pixels: pixels)
    }
}
