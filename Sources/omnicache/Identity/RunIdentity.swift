import Files
import Foundation

/// Everything that determines what a run finds, in parts that a message can name.
///
/// What a folder keeps of a run is gone on with by a run of the same identity only.
struct RunIdentity: Codable, Equatable {
    struct Part: Codable, Equatable {
        let name: String
        let value: String
    }

    private(set) var parts: [Part] = []

    /// The identity of nothing yet.
    init() {}

    /// Adds a part behind all others.
    mutating func add(_ name: String, _ value: String) { parts.append(Part(name: name, value: value)) }

    /// What is known of both and differs first; nil if nothing does.
    func difference(from other: RunIdentity) -> (name: String, own: String, other: String)? {
        zip(parts, other.parts).first { $0 != $1 }.map { ($0.name, $0.value, $1.value) }
    }

    /// 16 hexadecimal digits that tell this identity from others.
    var hash: String {
        get throws { try Self.hash(of: self) }
    }

    /// 16 hexadecimal digits that tell one file from others.
    static func hash(ofFile path: String) throws(ReadError) -> String {
        var hash = ContentHash()
        hash.add(try readInput(path, atMost: 1 << 30))
        return hash.hexadecimal
    }

    /// 16 hexadecimal digits that tell one value from others of its kind.
    static func hash(of value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var hash = ContentHash()
        hash.add([UInt8](try encoder.encode(value)))
        return hash.hexadecimal
    }
}
