/// The rows of one image's hidden state [N, D] and what they are for.
///
/// Messages, caches and forecasts work on rows and never ask what they hold; a family knows its other ranges.
public struct TokenLayout: Sendable, Hashable, Codable {
    /// Rows that blocks transform, N.
    public var rows: Int
    /// Numbers in a row, D.
    public var width: Int
    /// The rows that the final layer reads, and of which reuse keeps residuals.
    public var kept: Range<Int>

    /// A layout of so many rows, all of which are kept unless a range is given.
    public init(rows: Int, width: Int, kept: Range<Int>? = nil) {
        self.rows = rows
        self.width = width
        self.kept = kept ?? 0..<rows
    }

    /// Whether the final layer reads all rows.
    public var keepsAll: Bool { kept == 0..<rows }
}
