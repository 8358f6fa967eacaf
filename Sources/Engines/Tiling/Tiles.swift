/// Cuts `count` things into as few equal parts as keep each within `limit`; a property of the two alone.
struct Tiles {
    /// How many parts there are.
    let parts: Int
    /// The length of all but the last.
    let length: Int
    private let count: Int

    /// - Parameters:
    ///   - count: things to cut.
    ///   - limit: most things in a part.
    ///   - multiple: what a part's length is a multiple of, where the limit allows.
    init(_ count: Int, limit: Int, multiple: Int = 1) {
        let wanted = max(1, (count + limit - 1) / limit)
        let even = (count + wanted - 1) / wanted
        self.count = count
        length = max(1, (even + multiple - 1) / multiple * multiple)
        parts = (count + length - 1) / length
    }

    subscript(part: Int) -> Range<Int> {
        part * length..<min(count, (part + 1) * length)
    }
}
