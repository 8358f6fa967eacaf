import Files

/// The keys of one diffusers configuration file, with the class's own defaults behind them.
///
/// Nothing is passed over in silence: a value that is not supported and a key that the class does not have
/// are errors, because either could mean another model than the one we would compute.
public struct ConfigurationReader: Sendable {
    /// What messages call the file.
    public let file: String
    /// The class that it is of.
    public private(set) var subject: DiffusersClass
    private let entries: [String: JSONValue]

    /// Reads a configuration that must be of one of `classes`, and refuses keys which that class lacks,
    /// unless they are null or false, their name starts with `_`, or they are of `others`.
    /// - Throws: `.invalid` for those, `.missingFile`.
    public init(
        _ files: any FileTree, _ path: String, classes: [DiffusersClass], others: Set<String> = []
    ) throws(ReadError) {
        let file = files.fullName(path)
        guard case .object(let entries) = try JSONValue(try files.bytes(of: path), file: file) else {
            throw .invalid(file, "expected a JSON object")
        }
        let className = entries["_class_name"] ?? .null
        guard let subject = classes.first(where: { .string($0.name) == className }) else {
            let supported = classes.map(\.name).joined(separator: ", ")
            throw .invalid(file, "_class_name is \(className.summary); supported: \(supported)")
        }
        for (key, value) in entries.sorted(by: { $0.key < $1.key }) {
            guard
                subject.defaults[key] != nil || others.contains(key) || key.hasPrefix("_") || value == .null
                    || value == false
            else {
                throw .invalid(
                    file,
                    "\(key) is \(value.summary); supported: null or false, as \(subject.name) has no such key"
                )
            }
        }
        self.file = file
        self.subject = subject
        self.entries = entries
    }

    /// The same file as one of another class.
    public func of(_ subject: DiffusersClass) -> ConfigurationReader {
        var reader = self
        reader.subject = subject
        return reader
    }

    /// The value of a key in the file, or else the class's default.
    public func value(_ key: String) -> JSONValue { entries[key] ?? subject.defaults[key] ?? .null }

    /// Whether the class has the key.
    func hasKey(_ key: String) -> Bool { subject.defaults[key] != nil }

    /// Whether the file itself has the key.
    public func isGiven(_ key: String) -> Bool { entries[key] != nil }

    /// The error that a key's value is not supported.
    public func unsupported(_ key: String, _ supported: String) -> ReadError {
        let origin = entries[key] == nil ? " (the key is missing, and this is \(subject.name)'s default)" : ""
        return .invalid(file, "\(key) is \(value(key).summary)\(origin); supported: \(supported)")
    }

    /// A whole number.
    /// - Throws: `.invalid` for anything else.
    public func integer(_ key: String, in range: ClosedRange<Int>) throws(ReadError) -> Int {
        guard case .integer(let value) = value(key), range.contains(value) else {
            throw unsupported(key, "a whole number from \(range.lowerBound) to \(range.upperBound)")
        }
        return value
    }

    /// A finite number above 0.
    /// - Throws: `.invalid` for anything else.
    public func positive(_ key: String) throws(ReadError) -> Double {
        guard let value = value(key).number, value > 0, Float(value) > 0, Float(value).isFinite else {
            throw unsupported(key, "a number above 0")
        }
        return value
    }

    /// `true` or `false`.
    /// - Throws: `.invalid` for anything else.
    public func flag(_ key: String) throws(ReadError) -> Bool {
        guard case .boolean(let value) = value(key) else { throw unsupported(key, "true or false") }
        return value
    }

    /// One of the given texts.
    /// - Throws: `.invalid` for anything else.
    public func choice<Choice: RawRepresentable<String>>(
        _ key: String, among choices: [Choice]
    ) throws(ReadError) -> Choice {
        guard case .string(let value) = value(key),
            let choice = choices.first(where: { $0.rawValue == value })
        else { throw unsupported(key, choices.map(\.rawValue).joined(separator: ", ")) }
        return choice
    }

    /// Checks that each key, where the class has it, has one of the values that go with it.
    /// - Throws: `.invalid` for the first that has not.
    public func require(_ supported: KeyValuePairs<String, [JSONValue]>) throws(ReadError) {
        for (key, values) in supported where subject.defaults[key] != nil {
            guard values.contains(value(key)) else {
                throw unsupported(key, values.map(\.summary).joined(separator: ", "))
            }
        }
    }
}
