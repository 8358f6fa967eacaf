public import ImageOutput

/// One picture of many: a row for each policy with its name at the left, a column for each seed with its caption.
///
/// Words are drawn in letters of 5 × 7 dots, larger beside larger pictures; columns are as wide as the widest caption
/// needs them. Places without a picture stay empty.
/// - Parameters:
///   - rows: what each row is called, and its pictures from the left.
///   - captions: the columns' captions; fewer or none will do.
/// - Precondition: There is a picture, and all are of one size.
public func sheet(rows: [(label: String, pictures: [RGBImage])], captions: [String]) -> RGBImage {
    guard let first = rows.lazy.flatMap(\.pictures).first else {
        preconditionFailure("a sheet of \(rows.count) rows without any picture")
    }
    // Letters keep a size that can be read when the sheet is shown about as wide as a page.
    let scale = max(1, first.height / 96)
    let gap = 4 * scale
    let letter = (width: BitmapFont.advance * scale, height: BitmapFont.height * scale)
    let columns = rows.map(\.pictures.count).max() ?? 0
    let labelWidth = (rows.map(\.label.count).max() ?? 0) * letter.width
    let left = labelWidth == 0 ? gap : labelWidth + 2 * gap
    let top = captions.isEmpty ? gap : letter.height + 2 * gap
    let captions = captions.prefix(columns)
    let advance = max(first.width, (captions.map(\.count).max() ?? 0) * letter.width) + gap
    var canvas = Canvas(width: left + columns * advance, height: top + rows.count * (first.height + gap))
    for (column, caption) in captions.enumerated() {
        canvas.draw(caption, x: left + column * advance, y: gap, scale: scale)
    }
    for (row, (label, pictures)) in rows.enumerated() {
        let y = top + row * (first.height + gap)
        canvas.draw(label, x: gap, y: y + (first.height - letter.height) / 2, scale: scale)
        for (column, picture) in pictures.enumerated() {
            precondition(
                picture.width == first.width && picture.height == first.height,
                "sheet: picture \(column) of row \(label) is \(picture.width)×\(picture.height), "
                    + "the first \(first.width)×\(first.height)")
            canvas.draw(picture, x: left + column * advance, y: y)
        }
    }
    return RGBImage(width: canvas.width, height: canvas.height, pixels: canvas.pixels)
}

/// A white page to draw on.
private struct Canvas {
    let width: Int
    let height: Int
    private(set) var pixels: [UInt8]

    init(width: Int, height: Int) {
        self.width = width
        self.height = height
        pixels = [UInt8](repeating: 255, count: 3 * width * height)
    }

    /// A picture that lies within the page.
    mutating func draw(_ picture: RGBImage, x: Int, y: Int) {
        for row in 0..<picture.height {
            let start = 3 * ((y + row) * width + x)
            let source = 3 * row * picture.width..<3 * (row + 1) * picture.width
            pixels.replaceSubrange(start..<start + source.count, with: picture.pixels[source])
        }
    }

    /// A line of text, dots of `scale` × `scale` pixels; what lies outside of the page is not drawn.
    mutating func draw(_ text: String, x: Int, y: Int, scale: Int) {
        for (index, character) in text.enumerated() {
            for (row, dots) in BitmapFont.rows(of: character).enumerated() {
                for (column, isInk) in dots.enumerated() where isInk {
                    let dot = (x: x + (index * BitmapFont.advance + column) * scale, y: y + row * scale)
                    fill(dot.x..<dot.x + scale, dot.y..<dot.y + scale)
                }
            }
        }
    }

    private mutating func fill(_ columns: Range<Int>, _ rows: Range<Int>) {
        for row in rows.clamped(to: 0..<height) {
            for column in columns.clamped(to: 0..<width) {
                for channel in 0..<3 { pixels[3 * (row * width + column) + channel] = 40 }
            }
        }
    }
}
