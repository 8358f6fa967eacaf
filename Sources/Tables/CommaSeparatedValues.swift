/// Rows as comma-separated values (RFC 4180).
package func commaSeparatedValues(_ rows: [[String]]) -> String {
    rows.map { $0.map(quoted).joined(separator: ",") + "\r\n" }.joined()
}

/// A field in quotes if it needs them, quotes in it doubled.
private func quoted(_ field: String) -> String {
    // Scalars, because a carriage return and a line feed are one character.
    guard field.unicodeScalars.contains(where: { [",", "\"", "\r", "\n"].contains($0) }) else { return field }
    let parts = field.split(separator: "\"", omittingEmptySubsequences: false)
    return "\"" + parts.joined(separator: "\"\"") + "\""
}
