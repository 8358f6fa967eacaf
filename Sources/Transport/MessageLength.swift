/// Refuses a message whose length is not the one that the receiver has room for.
/// - Throws: `TransportError` naming both lengths, both ranks and the tag.
public func checkLength(
    found: Int, expected: Int, from source: Int, to target: Int, tag: Int
) throws(TransportError) {
    guard found != expected else { return }
    throw TransportError(
        "rank \(target) expected \(expected) bytes from rank \(source) with tag \(tag), "
            + "but rank \(source) sent \(found); do all ranks run the same plan and model?")
}
