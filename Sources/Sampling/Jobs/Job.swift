import Foundation

/// One line of a job file: an image and where it goes.
public struct Job: Equatable, Sendable {
    /// As `--class` takes it.
    public let label: String
    /// Of its noise.
    public let seed: UInt64
    /// Of the sampler; nil: the command line's.
    public let steps: Int?
    /// Its scale; nil: the command line's.
    public let guidance: Double?
    /// From the folder of `--output` on.
    public let output: String
}

/// What is wrong with a line.
struct JobProblem: Error {
    let text: String
}

extension Job: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        let intValue: Int? = nil
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    private static let keys = ["label", "seed", "steps", "guidance", "output"]

    /// - Throws: `JobProblem` for a line that is none.
    init(line: [UInt8]) throws(JobProblem) {
        do {
            self = try JSONDecoder().decode(Job.self, from: Data(line))
        } catch let problem as JobProblem {
            throw problem
        } catch {
            throw JobProblem(text: "expected one JSON object, and this is none")
        }
    }

    /// Reads a line's object.
    /// - Throws: `JobProblem`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        if let other = container.allKeys.map(\.stringValue).sorted().first(where: { !Self.keys.contains($0) })
        {
            throw JobProblem(
                text: "unknown key '\(other)'; there are \(Self.keys.joined(separator: ", "))")
        }
        func value<Value: Decodable>(_ name: String, _ expected: String) throws -> Value? {
            let key = Key(stringValue: name)
            guard container.contains(key) else { return nil }
            do { return try container.decode(Value.self, forKey: key) } catch {
                throw JobProblem(text: "\(name): expected \(expected)")
            }
        }
        func required<Value: Decodable>(_ name: String, _ expected: String) throws -> Value {
            guard let value: Value = try value(name, expected) else {
                throw JobProblem(text: "\(name) is missing: give \(expected)")
            }
            return value
        }
        let key = Key(stringValue: "label")
        label =
            try (try? container.decode(Int.self, forKey: key)).map(String.init)
            ?? required("label", "a label or a number, as --class takes it")
        seed = try required("seed", "a whole number from 0 on")
        steps = try value("steps", "a whole number from 1 on")
        guidance = try value("guidance", "a number from 0 to 1000")
        output = try required("output", "the name of a PNG")
    }
}
