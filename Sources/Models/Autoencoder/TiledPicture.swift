import Checkpoints
import Tensors

/// A picture that grows tile by tile, row by row; where tiles overlap, one fades into the next.
///
/// Of tiles that are done it keeps what their neighbours fade from, so one tile at a time is in memory.
struct TiledPicture {
    private let latent: Tensor
    private let tiles: DecoderTiles
    private let upscale: Int
    private let picture: Tensor

    /// - Parameter latent: [C, h, w] f32.
    init(_ latent: Tensor, _ tiles: DecoderTiles, _ configuration: AutoencoderConfiguration) {
        self.latent = latent
        self.tiles = tiles
        upscale = configuration.upscale
        picture = Tensor(zeros: [
            configuration.outputChannels, latent.shape[1] * upscale, latent.shape[2] * upscale,
        ])
    }

    /// The picture, [3, h·upscale, w·upscale] f32.
    /// - Parameter decode: makes a tile's picture of its part of the latent.
    func drawn(_ decode: (Tensor) -> Tensor) -> Tensor {
        let (overlap, columns) = (tiles.overlap * upscale, tiles.ranges(latent.shape[2]))
        // The lower edges of the tiles above, one for each column of tiles.
        var above: [Tensor] = []
        for rows in tiles.ranges(latent.shape[1]) {
            var below: [Tensor] = []
            // The right edge of the tile before.
            var left: Tensor?
            for (index, columns) in columns.enumerated() {
                let tile = decode(latent.part(rows: rows, columns: columns))
                let (height, width) = (tile.shape[1], tile.shape[2])
                if rows.lowerBound > 0 { tile.fadeDownwards(from: above[index]) }
                if let left { tile.fadeRightwards(from: left) }
                below.append(tile.part(rows: max(0, height - overlap)..<height, columns: 0..<width))
                left = tile.part(rows: 0..<height, columns: max(0, width - overlap)..<width)
                // The next tiles draw over what they share with this one.
                picture.draw(tile, row: rows.lowerBound * upscale, column: columns.lowerBound * upscale)
            }
            above = below
        }
        return picture
    }
}

extension Tensor {
    /// A copy of some rows and columns of [C, H, W].
    fileprivate func part(rows: Range<Int>, columns: Range<Int>) -> Tensor {
        let part = Tensor(zeros: [shape[0], rows.count, columns.count])
        let source = elements
        var target = part.mutableElements
        var next = 0
        for channel in 0..<shape[0] {
            for row in rows {
                let start = (channel * shape[1] + row) * shape[2]
                for column in columns {
                    target[next] = source[start + column]
                    next += 1
                }
            }
        }
        return part
    }

    /// Writes a smaller image into this one, [C, H, W] both, from a pixel on.
    fileprivate func draw(_ image: Tensor, row: Int, column: Int) {
        let source = image.elements
        var target = mutableElements
        var next = 0
        for channel in 0..<shape[0] {
            for line in row..<row + image.shape[1] {
                let start = (channel * shape[1] + line) * shape[2] + column
                for pixel in 0..<image.shape[2] {
                    target[start + pixel] = source[next]
                    next += 1
                }
            }
        }
    }

    /// Passes linearly from the last rows of the image above to this one's first, in as many rows as both have.
    fileprivate func fadeDownwards(from above: Tensor) {
        let count = min(above.shape[1], shape[1])
        let source = above.elements
        var target = mutableElements
        for channel in 0..<shape[0] {
            for row in 0..<count {
                let share = Float(row) / Float(count)
                let from = (channel * above.shape[1] + above.shape[1] - count + row) * shape[2]
                let to = (channel * shape[1] + row) * shape[2]
                for column in 0..<shape[2] {
                    target[to + column] = source[from + column] * (1 - share) + target[to + column] * share
                }
            }
        }
    }

    /// The same from the last columns of the image on the left.
    fileprivate func fadeRightwards(from left: Tensor) {
        let count = min(left.shape[2], shape[2])
        let source = left.elements
        var target = mutableElements
        for row in 0..<shape[0] * shape[1] {
            let from = (row + 1) * left.shape[2] - count
            for column in 0..<count {
                let (to, share) = (row * shape[2] + column, Float(column) / Float(count))
                target[to] = source[from + column] * (1 - share) + target[to] * share
            }
        }
    }
}
