/// The names of a model's classes, from `id2label` of `model_index.json`.
///
/// A label may list several names: "tench, Tinca tinca". Each of them, and the whole, names the class,
/// in upper or lower case.
public struct LabelTable: Sendable, Equatable {
    private let labels: [Int: String]
    private let classesByName: [String: [Int]]

    /// A table of labels by class; empty for a model that names none.
    public init(_ labels: [Int: String]) {
        self.labels = labels
        var classesByName: [String: [Int]] = [:]
        for (index, label) in labels.sorted(by: { $0.key < $1.key }) {
            let names = label.split(separator: ",").map { Self.key(String($0)) } + [Self.key(label)]
            for name in Set(names) where !name.isEmpty { classesByName[name, default: []].append(index) }
        }
        self.classesByName = classesByName
    }

    /// The classes that have a label, in ascending order.
    public var classes: [Int] { labels.keys.sorted() }

    /// The classes that `name` is a name of, in ascending order.
    public func classes(named name: String) -> [Int] { classesByName[Self.key(name)] ?? [] }

    /// The label of a class as the model gives it, or `#7` if it gives none.
    public func name(of index: Int) -> String { labels[index] ?? "#\(index)" }

    /// The class that a user means.
    ///
    /// A label wins over a number, since models may have classes named "7"; `#7` is always class 7; any other
    /// number is a class as well.
    /// - Parameters:
    ///   - text: what the user wrote.
    ///   - classes: how many classes the model has.
    /// - Throws: if no class or more than one is meant.
    public func resolve(_ text: String, classes count: Int) throws(LabelError) -> Int {
        if text.hasPrefix("#"), let index = Int(text.dropFirst()) {
            guard (0..<count).contains(index) else {
                throw LabelError(description: "class \(text): the model has classes #0 to #\(count - 1)")
            }
            return index
        }
        let matches = classes(named: text)
        if matches.count == 1 { return matches[0] }
        guard matches.isEmpty else {
            let meant = matches.map { "#\($0) (\(name(of: $0)))" }.joined(separator: " and ")
            throw LabelError(description: "class '\(text)' is ambiguous: say which of \(meant)")
        }
        if let index = Int(text) {
            guard (0..<count).contains(index) else {
                throw LabelError(description: "class \(text): the model has classes 0 to \(count - 1)")
            }
            return index
        }
        throw LabelError(description: "class '\(text)': the model has no such label\(suggestion(for: text))")
    }

    private func suggestion(for text: String) -> String {
        let wanted = Self.key(text)
        let limit = max(1, wanted.count / 3)
        let close = classesByName.keys
            .map { (name: $0, distance: $0.contains(wanted) ? 1 : editDistance($0, wanted)) }
            .filter { $0.distance <= limit && $0.distance < wanted.count }
            .sorted { ($0.distance, $0.name.count, $0.name) < ($1.distance, $1.name.count, $1.name) }
            .prefix(3).map { "'\($0.name)'" }
        if !close.isEmpty { return "; did you mean \(close.joined(separator: " or "))?" }
        let some = classes.prefix(5).map { "'\(name(of: $0))'" }.joined(separator: ", ")
        return some.isEmpty ? ", nor any other; give a number" : "; it has \(some), ..."
    }

    private static func key(_ name: String) -> String {
        let characters = Array(name.lowercased())
        guard let first = characters.firstIndex(where: { !$0.isWhitespace }),
            let last = characters.lastIndex(where: { !$0.isWhitespace })
        else { return "" }
        return String(characters[first...last])
    }
}
